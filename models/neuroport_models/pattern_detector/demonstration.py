"""The pattern detector as a registered model: ``neuroport run pattern-detector``."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuroport.errors import InvalidValueError, Problem
from neuroport.models import ModelResult, model
from neuroport_models.pattern_detector.detection import (
    Case,
    count_spikes,
    detection_network,
    detection_time,
)
from neuroport_models.pattern_detector.detector import train_detectors
from neuroport_models.pattern_detector.metrics import measure
from neuroport_models.pattern_detector.patterns import checked, every_pattern

__all__ = ["demonstration"]

_SHOWN = 16


def _numbers(text: str) -> list[int]:
    words = [w for w in text.replace(",", " ").split() if w]
    wrong = [w for w in words if not w.isdecimal()]
    if wrong:
        raise InvalidValueError(
            Problem("patterns are whole numbers", ", ".join(wrong), fix="--patterns 992,1008"),
            where="pattern-detector",
        )
    return [int(w) for w in words]


@model("pattern-detector", timestep=1.0, numerics="spinnaker")
def demonstration(sim: Any, *, patterns: str = "992", bits: int = 10) -> ModelResult:
    """A detector of bit patterns, trained by STDP and scaled by homeostasis.

    Trains the patterns, searches the homeostatic factor, and tries all inputs. Davies et al.,
    Neurocomputing 2025, arXiv:2312.02659.

    Parameters
    ----------
    patterns : str
        Patterns as whole numbers with commas, e.g. 992,1008; the first bit is the most significant.
    bits : int
        Bits of a pattern.
    """
    where = "pattern-detector"
    wanted = checked(_numbers(patterns), bits, where)
    inputs = every_pattern(bits, where)
    trained = train_detectors(lambda: sim.another(keep=False), [wanted], bits)[0][0]
    cases = [Case(trained.weights, inputs)]
    made = detection_network(sim, cases)
    sim.run(detection_time(cases))
    fired = count_spikes(made, cases)[0] > 0
    found = measure(wanted, inputs, fired)
    hits = [i for i, f in zip(inputs, fired, strict=True) if f]
    shown = ", ".join(map(str, hits[:_SHOWN])) + (" …" if len(hits) > _SHOWN else "")
    values = found.as_dict()
    rows = [["homeostatic factor", f"{trained.factor:.5f}"], ["inputs that fire", shown]]
    rows += [[k, "not defined" if v is None else f"{v:g}"] for k, v in values.items()]
    distinct = len(set(wanted))
    return ModelResult(
        title=f"patterns {', '.join(map(str, wanted))}",
        columns=["", ""],
        rows=rows,
        populations=[output.cells for output in made] if int(np.size(inputs)) <= 1024 else [],
        right=found.TP,
        asked=distinct,
        items=[f"input {i}" for i in inputs],
        outcomes=[float(bool(f) == (i in wanted)) for i, f in zip(inputs, fired, strict=True)],
        data={
            "patterns": wanted,
            "homeostatic_factor": trained.factor,
            "factor_by_pattern": {str(k): v for k, v in trained.factors.items()},
            "learned_weights": {
                "ones": trained.learned.ones.tolist(), "zeros": trained.learned.zeros.tolist()
            },
            **values,
        },
    )
