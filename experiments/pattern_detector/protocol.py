"""One-, two- and three-pattern studies of the STDP + homeostasis pattern detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from neuroport_models.pattern_detector import (
    Metrics,
    Trained,
    Weights,
    measure,
    train_detectors,
    try_detectors,
)
from neuroport_models.pattern_detector.detection import Case, detect, detection_network
from neuroport_models.pattern_detector.online import online_homeostasis
from neuroport_models.pattern_detector.parameters import TESTING
from neuroport_models.pattern_detector.patterns import distance
from neuroport_models.pattern_detector.training import train_patterns

from neuroport.reproduce import Context, Drawing, Step
from neuroport.reproduce.claims import load_claims

__all__ = ["steps", "obtained", "figures"]

N_BITS = 10
INPUTS = list(range(2**N_BITS))
FIRST = 992
# The second patterns of the published study, at Hamming distances 1 to 9, and 31 at distance 10.
SECOND = (1008, 1016, 1020, 1022, 1023, 960, 896, 768, 512, 0, 16, 24, 28, 30, 31)
# Recorded with weights of 600 nA and more, where the chip's 32-bit numbers wrap round.
OVERFLOWN = ("0,0,511", "0,0,1023")
# Trained and tried in one go: all 1,024 patterns, 1,024 inputs each.
BLOCK = 128
_BLOCKS = {f"every pattern: {b} to {b + BLOCK - 1}": b for b in range(0, len(INPUTS), BLOCK)}
Results = Mapping[str, Any]


def _name(patterns: Sequence[int]) -> str:
    return ",".join(map(str, patterns))


def _training(context: Context, results: Results) -> Any:
    sim = context.simulator()
    runs = train_patterns(sim, [FIRST, 0, 1023, 341], N_BITS)
    sim.end()
    return [
        {"pattern": r.pattern, "ones": r.weights.ones.tolist(), "zeros": r.weights.zeros.tolist(),
         "spikes": r.spikes}
        for r in runs
    ]


def _latency(context: Context, results: Results) -> Any:
    made, _ = train_detectors(context.simulator, [[FIRST]], N_BITS)
    sim = context.simulator()
    networks = detection_network(sim, [Case(made[0].weights, [FIRST])])
    sim.run(TESTING["duration"])
    trains = networks[0].cells.get_data("spikes").segments[-1].spiketrains
    times = [float(t) for t in trains[0].rescale("ms").magnitude]
    sim.end()
    return times


def _study(sets: Sequence[Sequence[int]]) -> Any:
    def function(context: Context, results: Results) -> Any:
        made, _ = train_detectors(context.simulator, sets, N_BITS, context.tell)
        with_factor = [d for d in made if d.factor is not None]
        fired = try_detectors(context.simulator, with_factor, INPUTS, context.tell)
        metrics: dict[tuple[int, ...], Metrics] = {
            d.patterns: measure(d.patterns, INPUTS, f)
            for d, f in zip(with_factor, fired, strict=True)
        }
        rows = {}
        for d in made:
            row: dict[str, Any] = {"h": d.factor}
            if d.factor is not None:
                row |= metrics[d.patterns].as_dict()
            rows[_name(d.patterns)] = row | {
                "ones": d.learned.ones.tolist(), "zeros": d.learned.zeros.tolist()
            }
        return rows

    return function


def _overflow(context: Context, results: Results) -> Any:
    """Try the factors of the two recorded rows beyond the published search's limit."""
    recorded = _recorded()
    rows = {name: results["three patterns"][name] for name in OVERFLOWN}
    sim = context.simulator()
    fired = detect(
        sim,
        [
            Case(Weights(np.array(row["ones"]), np.array(row["zeros"])).scaled(
                recorded[name]["h"]), INPUTS)
            for name, row in rows.items()
        ],
    )
    sim.end()
    return {
        name: measure([int(p) for p in name.split(",")], INPUTS, f > 0).as_dict()
        for name, f in zip(rows, fired, strict=True)
    }


def _every_factor(context: Context, results: Results) -> Any:
    made, runs = train_detectors(
        context.simulator, [[p] for p in INPUTS], N_BITS, context.tell
    )
    return {
        "factors": [d.factor for d in made],
        "ones": [d.learned.ones.tolist() for d in made],
        "zeros": [d.learned.zeros.tolist() for d in made],
        "spikes": sorted({t for r in runs.values() for side in r.spikes.values() for t in side}),
        "trained_once": sum(
            all(len(side) == 1 for side in r.spikes.values()) for r in runs.values()
        ),
    }


def _every_block(first: int) -> Any:
    def function(context: Context, results: Results) -> Any:
        known = results["every pattern: training and search"]
        made = [
            Trained(
                (p,), N_BITS,
                Weights(np.array(known["ones"][p]), np.array(known["zeros"][p])),
                {p: known["factors"][p]},
            )
            for p in range(first, first + BLOCK)
        ]
        fired = try_detectors(context.simulator, made, INPUTS, context.tell)
        return [
            int(np.array_equal(np.flatnonzero(f), [d.patterns[0]]))
            for d, f in zip(made, fired, strict=True)
        ]

    return function


def _online(context: Context, results: Results) -> Any:
    studied = {**results["one pattern"], **results["two patterns"]}
    rows = [(name, row) for name, row in studied.items() if row["h"] is not None]
    found = online_homeostasis(
        context.simulator(),
        [
            (Weights(np.array(row["ones"]), np.array(row["zeros"])),
             [int(p) for p in name.split(",")])
            for name, row in rows
        ],
    )
    context.finish()
    return {
        name: {"h": r.factor, "presentations": r.presentations, "history": r.history,
               "off_line": row["h"]}
        for (name, row), r in zip(rows, found, strict=True)
    }


def steps() -> list[Step]:
    """Return the steps of the study."""
    one, two, three = (Step(name, _study(sets)) for name, sets in _studies().items())
    return [
        Step("training", _training),
        one,
        Step("latency", _latency),
        two,
        three,
        Step("recorded factors that overflow", _overflow),
        Step("every pattern: training and search", _every_factor),
        *[Step(name, _every_block(first)) for name, first in _BLOCKS.items()],
        Step("online homeostasis (ours)", _online),
    ]


def _studies() -> dict[str, list[tuple[int, ...]]]:
    """Return the sets of patterns of each study."""
    return {"one pattern": [(FIRST,)], "two patterns": [(FIRST, p) for p in SECOND],
            "three patterns": _recorded_triples()}


def obtained(results: Results) -> dict[str, Any]:
    """Return what the study gave for each claim."""
    def pairs() -> list[list[dict[str, Any]]]:
        by_distance = _by_distance(results["two patterns"])
        return [by_distance[d] for d in range(1, 10)]

    def accuracy() -> list[list[float]]:
        return [[r["accuracy"] for r in rows] for rows in pairs()]

    def online() -> list[dict[str, Any]]:
        return list(results["online homeostasis (ours)"].values())

    values: dict[str, Any] = {
        **{name: partial(_trained, results, name) for name in (
            "training-spikes", "training-once", "weight-active", "weight-inactive", "vectors")},
        "latency": lambda: results["latency"],
        "every-pattern": lambda: sum(n for block in _BLOCKS for n in results[block]),
        "every-factor": lambda: _largest_difference(
            results["every pattern: training and search"]["factors"]),
        "two-positives": lambda: {
            str(d): max(r["positives"] for r in rows)
            if len({r["positives"] for r in rows}) == 1 else None
            for d, rows in enumerate(pairs(), start=1)},
        "two-missed": lambda: sum(r["FN"] for rows in pairs() for r in rows),
        "two-opposite": lambda: any(
            r["h"] is not None for r in _by_distance(results["two patterns"])[10]),
        "two-factor": lambda: max(
            abs(r["h"] / (15.378 / (0.734375 * (10 - d))) - 1)
            for d, rows in enumerate(pairs(), start=1) for r in rows
        ),
        "two-monotone": lambda: all(min(a) > max(b) for a, b in pairwise(accuracy())),
        "online-factor": lambda: max(
            abs(r["h"] - r["off_line"]) / r["off_line"] if r["h"] else 1.0 for r in online()),
        "online-presentations": lambda: max(r["presentations"] for r in online()),
    }
    for name in OVERFLOWN:
        values[f"overflow-{name.replace(',', '-')}"] = partial(
            _of, results, "recorded factors that overflow", name)
    for study, sets in _studies().items():
        for patterns in sets:
            values[f"row-{'-'.join(map(str, patterns))}"] = partial(
                _row, results, study, _name(patterns))
    return values


def _trained(results: Results, claim: str) -> Any:
    """Return what the training gave for a claim."""
    training = results["training"]
    active, silent, right = set(), set(), 0
    for run in training:
        bits = [run["pattern"] >> (N_BITS - 1 - k) & 1 for k in range(N_BITS)]
        lines = [*zip(bits, run["ones"], strict=True),
                 *[(1 - b, w) for b, w in zip(bits, run["zeros"], strict=True)]]
        active |= {w for on, w in lines if on}
        silent |= {w for on, w in lines if not on}
        right += [w > 0 for w in run["ones"]] == [b == 1 for b in bits] and (
            [w > 0 for w in run["zeros"]] == [b == 0 for b in bits]
        )
    return {
        "training-spikes": sorted({t for r in training for s in r["spikes"].values() for t in s}),
        "training-once": all(len(s) == 1 for r in training for s in r["spikes"].values()),
        "weight-active": max(active) if len(active) == 1 else sorted(active),
        "weight-inactive": max(silent) if len(silent) == 1 else sorted(silent),
        "vectors": right == len(training),
    }[claim]


def _largest_difference(factors: Sequence[float | None]) -> float:
    first = factors[FIRST]
    return max(abs(f - first) if f is not None and first is not None else float("inf")
               for f in factors)


def _by_distance(rows: Mapping[str, dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for name, row in rows.items():
        a, b = (int(p) for p in name.split(","))
        found.setdefault(distance(a, b), []).append(row)
    return found


def _of(results: Results, step: str, name: str) -> Any:
    return results[step][name]


def _row(results: Results, study: str, name: str) -> dict[str, Any]:
    return {k: v for k, v in results[study][name].items() if k not in ("ones", "zeros")}


def figures(results: Results) -> list[Drawing]:
    """Return the figures of the report."""
    return [
        Drawing(
            "similarity",
            "Two and three stored patterns: inputs that fire, and accuracy, against the Hamming "
            "distance between the stored patterns (sum of the three distances for triples). "
            "Beside the paper's figures of the metrics: the rings are the recorded "
            "rows. The line is 2^distance.",
            lambda: _similarity(results, _recorded()),
        ),
        Drawing(
            "online",
            "Ours, not in the paper: online homeostasis of running detectors. Factor in each "
            "round of presentations, and the factor of the paper's off-line search (dashed).",
            lambda: _online_figure(results),
        ),
    ]


_BLUE, _ORANGE, _GREEN, _GREY = "#0072B2", "#D55E00", "#009E73", "#555555"
_PURPLE = "#7A2E6B"


def _recorded() -> dict[str, Mapping[str, Any]]:
    """Return the recorded rows that the claims hold: patterns -> values."""
    paper = load_claims(Path(__file__).with_name("claims.toml"))
    return {
        c.id.removeprefix("row-").replace("-", ","): c.value
        for c in paper.claims if c.id.startswith("row-")
    }


def _recorded_triples() -> list[tuple[int, ...]]:
    """Return the triples of the published study: all of them are recorded, and so are claims."""
    sets = [tuple(int(p) for p in name.split(",")) for name in _recorded()]
    return [patterns for patterns in sets if len(patterns) == 3]


def _spread(name: str) -> int:
    """Return the sum of the distances between patterns."""
    p = [int(x) for x in name.split(",")]
    return sum(distance(a, b) for i, a in enumerate(p) for b in p[i + 1 :])


def _similarity(results: Results, recorded: Mapping[str, Mapping[str, Any]]) -> Figure:
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for study, colour, marker in (("two patterns", _BLUE, "o"), ("three patterns", _ORANGE, "s")):
        points = []
        for name, row in results[study].items():
            if row["h"] is not None:
                points.append((_spread(name), row["positives"], row["accuracy"]))
        x, positives, accuracy = zip(*sorted(points), strict=True)
        style = {"linestyle": "none", "marker": marker, "color": colour, "alpha": 0.85,
                 "markersize": 6, "label": study}
        left.plot(x, positives, **style)
        right.plot(x, accuracy, **style)
    rings = [(_spread(n), r["positives"], r["accuracy"]) for n, r in recorded.items()
             if "," in n]
    x, positives, accuracy = zip(*sorted(rings), strict=True)
    ring = {"linestyle": "none", "marker": "o", "markersize": 11, "markerfacecolor": "none",
            "markeredgecolor": "#000000", "markeredgewidth": 1.0, "label": "recorded for the paper"}
    left.plot(x, positives, **ring)
    right.plot(x, accuracy, **ring)
    left.plot(range(1, 10), [2**d for d in range(1, 10)], color=_BLUE, linewidth=1)
    left.set_yscale("log", base=2)
    left.set_yticks([1, 4, 16, 64, 256, 1024], labels=["1", "4", "16", "64", "256", "1024"])
    left.set_ylim(0.8, 1300)
    left.set_ylabel("inputs that fire, of 1024")
    right.set_ylabel("accuracy")
    right.set_ylim(0.45, 1.03)
    for axis in (left, right):
        axis.set_xlabel("Hamming distance (of triples: sum of the three)")
        axis.set_xticks(range(0, 21, 2))
        axis.grid(color="#DDDDDD", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper center", ncols=3,
                  frameon=False)
    return figure


def _online_figure(results: Results) -> Figure:
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axis = figure.subplots()
    found = results["online homeostasis (ours)"]
    chosen = [("992,1008", _GREY), ("992,1020", _BLUE), ("992,1023", _GREEN), ("992,24", _ORANGE),
              ("992,30", _PURPLE)]
    for name, colour in chosen:
        row = found[name]
        history = row["history"]
        p = [int(x) for x in name.split(",")]
        label = f"distance {distance(*p)}"
        axis.plot(range(1, len(history) + 1), history, color=colour, marker="o", markersize=4,
                  linewidth=1.2, label=label)
        axis.axhline(row["off_line"], color=colour, linestyle="--", linewidth=1)
    axis.set_yscale("log")
    axis.set_yticks([0.5, 1, 2, 5, 10, 20, 40], labels=["0.5", "1", "2", "5", "10", "20", "40"])
    axis.set_xticks(range(1, 17, 3))
    axis.minorticks_off()
    axis.set_xlabel("round (every pattern presented once)")
    axis.set_ylabel("homeostatic factor")
    axis.set_xlim(left=0.5)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(title="two patterns at", frameon=False, loc="lower right")
    return figure
