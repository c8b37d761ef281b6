"""What a balanced network gives back: how its populations fire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuroport.models import ModelResult

__all__ = ["rates"]

_ENOUGH = 3  # intervals of a cell for a coefficient of variation


def rates(title: str, populations: Sequence[Any], duration: float) -> ModelResult:
    """Return rate and irregularity of populations whose spikes were recorded.

    Parameters
    ----------
    title : str
    populations : sequence of Population
    duration : float
        ms.
    """
    rows, data = [], {}
    for population in populations:
        trains = population.get_data("spikes").segments[-1].spiketrains
        counts = np.array([len(t) for t in trains])
        intervals = [np.diff(np.asarray(t)) for t in trains if len(t) > _ENOUGH]
        cv = float(np.mean([i.std() / i.mean() for i in intervals])) if intervals else None
        rate = float(counts.mean() / duration * 1e3)
        silent = int((counts == 0).sum())
        rows.append((population.label, str(population.size), f"{rate:.2f}",
                     "-" if cv is None else f"{cv:.2f}", str(silent)))
        data[population.label] = {"cells": population.size, "rate_hz": rate, "cv": cv,
                                  "silent": silent, "spikes": int(counts.sum())}
    return ModelResult(
        title=title, columns=("population", "cells", "rate (Hz)", "CV of intervals", "silent"),
        rows=rows, populations=list(populations), data=data,
    )
