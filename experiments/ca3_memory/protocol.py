"""Functional, stress and application tests of the CA3 memory, and its operating envelope."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from neuroport_models.ca3_memory import CA3Memory, SpacingWarning
from neuroport_models.ca3_memory.demonstration import functional

from neuroport.reproduce import Context, Drawing, Step

__all__ = ["steps", "obtained", "figures"]

Results = Mapping[str, Any]
LAYERS = ("IN", "S1Cue", "S1Cont", "S2Cond", "S2Int", "S2Cue", "S2Cont", "MergeCue", "MergeCont",
          "OUT")
STRESS_PERIOD = 14.0
MAP = (0, 5, 1, 3, 0, 3, 4, 5, 0, 5, 4, 3, 2, 4, 4, 3)
MAP_QUERIES = ((112.0, (1, 2, 4)), (118.0, (3,)), (124.0, (5,)), (130.0, (0,)))
# The envelope, which is ours: sizes (cues, contents), word densities, periods (ms), draws.
SIZES = ((5, 10), (10, 10), (16, 16))
DENSITIES = (0.1, 0.3, 0.5, 0.7, 0.9)
PERIODS = (7, 8, 9, 10, 11, 12, 13, 14, 16)
DRAWS = 4


def _collected(memory: CA3Memory) -> dict[str, Any]:
    outcomes = [
        {
            "kind": o.operation.kind, "time": o.operation.time, "cue": o.operation.cue,
            "asked": sorted(o.operation.content), "cues": sorted(o.cues),
            "content": sorted(o.content), "exact": o.exact,
        }
        for o in memory.outcomes()
    ]
    rasters = {
        layer: {str(k): v for k, v in memory.raster(layer).items()} for layer in LAYERS
    }
    return {"n_cues": memory.n_cues, "n_contents": memory.n_contents,
            "outcomes": outcomes, "rasters": rasters}


def _functional(context: Context, results: Results) -> Any:
    memory = CA3Memory(context.simulator(), 5, 10, period=10.0)
    functional(memory)
    memory.run(90.0)
    return _collected(memory)


def _stress(context: Context, results: Results) -> Any:
    memory = CA3Memory(context.simulator(), 5, 10, period=STRESS_PERIOD)
    first = {k: {b for b in range(10) if (k + 1) >> b & 1} for k in range(5)}
    other = {k: set(range(10)) - word for k, word in first.items()}
    at = 1.0
    for words in (first, other, first):
        for cue, word in words.items():
            memory.learn(cue, word, at)
            at += STRESS_PERIOD
        for cue in words:
            memory.recall_by_cue(cue, at)
            at += STRESS_PERIOD
        for bit in range(10):
            memory.recall_by_content({bit}, at)
            at += STRESS_PERIOD
    memory.run(851.0)
    return _collected(memory)


def _map(context: Context, results: Results) -> Any:
    memory = CA3Memory(context.simulator(), 16, 6, period=7.0)
    for cell, state in enumerate(MAP):
        memory.learn(cell, {state})
    for at, states in MAP_QUERIES:
        memory.recall_by_content(states, at)
    memory.run(140.0)
    return _collected(memory)


def _envelope(period: int) -> Any:
    def function(context: Context, results: Results) -> Any:
        sim = context.simulator()
        memories = []
        for n_cues, n_contents in SIZES:
            for density in DENSITIES:
                for draw in range(DRAWS):
                    memory = CA3Memory(
                        sim, n_cues, n_contents, period=float(period),
                        label=f"{n_cues}x{n_contents} {density} {draw}",
                    )
                    # The same words at every period.
                    seed = [n_cues, n_contents, round(100 * density), draw]
                    _ask(memory, np.random.default_rng(seed), density)
                    memories.append(((n_cues, n_contents), density, memory))
        sim.run_until(max(memory.prepare() for _, _, memory in memories))
        rows = []
        for size, density, memory in memories:
            outcomes = memory.outcomes()
            for kind in ("learn", "recall_by_cue", "recall_by_content"):
                found = [o.exact for o in outcomes if o.operation.kind == kind]
                rows.append({"size": list(size), "density": density, "kind": kind,
                             "right": int(sum(found)), "asked": len(found)})
        sim.end()
        return rows

    return function


def _ask(memory: CA3Memory, random: np.random.Generator, density: float) -> None:
    """Ask for two rounds: learn random words, recall by every cue, by every content cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpacingWarning)  # short periods are what is tested
        for _ in range(2):
            for cue in range(memory.n_cues):
                word = np.flatnonzero(random.random(memory.n_contents) < density)
                if not word.size:  # a word without cells cannot be stored
                    word = random.integers(memory.n_contents, size=1)
                memory.learn(cue, [int(b) for b in word])
            for cue in range(memory.n_cues):
                memory.recall_by_cue(cue)
            for bit in range(memory.n_contents):
                memory.recall_by_content([bit])


def steps() -> list[Step]:
    """Return the steps: three experiments of the paper, and the envelope for each period."""
    return [
        Step("experiment 1, functional", _functional),
        Step("experiment 2, stress", _stress),
        Step("experiment 3, map", _map),
        *[Step(f"envelope (ours), period {p} ms", _envelope(p)) for p in PERIODS],
    ]


def _fired(found: Mapping[str, Any], layer: str, at: float) -> list[int]:
    return list(found["rasters"][layer].get(str(round(at)), []))


def _prints(found: Mapping[str, Any], duration: int) -> dict[str, str]:
    """Return for each layer its number of spikes and a fingerprint of all of them.

    The recordings themselves are under a licence that keeps them out of this repository. The
    fingerprint is the first 12 hexadecimal digits of the SHA-256 of a line ``step cell`` for each
    spike, in the order of steps and then cells; IN and OUT have the cues before the contents.
    """
    prints = {}
    for layer in LAYERS:
        raster = {round(float(at)): cells for at, cells in found["rasters"][layer].items()}
        lines = [
            f"{step} {cell}\n" for step in range(duration) for cell in sorted(raster.get(step, ()))
        ]
        digest = hashlib.sha256("".join(lines).encode("ascii")).hexdigest()
        prints[layer] = f"{len(lines)} spikes {digest[:12]}"
    return prints


def _learn_twice(found: Mapping[str, Any]) -> bool:
    """Whether cue and content layers fire in exactly two steps of every learning."""
    for o in found["outcomes"]:
        if o["kind"] != "learn":
            continue
        cue, word = o["cue"], set(o["asked"])
        first = [k for k in range(1, 8) if cue in _fired(found, "S1Cue", o["time"] + k)]
        out = [k for k in range(1, 8) if cue in _fired(found, "OUT", o["time"] + k)]
        second = [
            k for k in range(1, 8) if word <= set(_fired(found, "S1Cont", o["time"] + k))
        ]
        if first != [1, 3] or out != [5, 7] or second != [1, 3]:
            return False
    return True


def _silent(found: Mapping[str, Any]) -> int:
    """Spikes of the conditional layer while the memory recalls by cue."""
    return sum(
        len(_fired(found, "S2Cond", o["time"] + k))
        for o in found["outcomes"] if o["kind"] == "recall_by_cue" for k in range(1, 7)
    )


def _interneuron(found: Mapping[str, Any]) -> bool:
    return all(
        any(_fired(found, "S2Int", o["time"] + k) for k in range(1, 7))
        for o in found["outcomes"]
        if o["kind"] != "recall_by_cue" or o["content"]
    )


def _answers(found: Mapping[str, Any], kind: str) -> list[list[int]]:
    side = "cues" if kind == "recall_by_content" else "content"
    return [o[side] for o in found["outcomes"] if o["kind"] == kind]


def _echo(found: Mapping[str, Any]) -> bool:
    """Whether every recall by content gives its own question back."""
    return all(o["content"] == o["asked"] for o in found["outcomes"]
               if o["kind"] == "recall_by_content")


def _relearnt(found: Mapping[str, Any]) -> list[int]:
    """Steps after the relearning of cue 3 with output of what only its old word has."""
    old = {5, 6}
    out = [{c - 5 for c in _fired(found, "OUT", 60 + k) if c >= 5} for k in range(1, 10)]
    return [k for k in range(1, 10) if out[k - 1] & old]


def _rate(results: Results, period: int, **chosen: Any) -> float:
    rows = [
        r for r in results[f"envelope (ours), period {period} ms"]
        if all(r[k] == v for k, v in chosen.items())
    ]
    return float(sum(r["right"] for r in rows) / sum(r["asked"] for r in rows))


def obtained(results: Results) -> dict[str, Any]:
    """Return what the runs gave for each claim."""
    names = ("experiment 1, functional", "experiment 2, stress", "experiment 3, map")

    def found(k: int) -> Mapping[str, Any]:
        rows: Mapping[str, Any] = results[names[k]]
        return rows

    def exact(k: int) -> int:
        return sum(o["exact"] for o in found(k)["outcomes"])

    def of_all(look: Any) -> list[Any]:
        return [look(found(k)) for k in range(3)]

    def content(first: int, last: int | None) -> list[list[int]]:
        return _answers(found(1), "recall_by_content")[first:last]

    return {
        "one-raster": lambda: _prints(found(0), 90),
        "two-raster": lambda: _prints(found(1), 851),
        "three-raster": lambda: _prints(found(2), 140),
        "one-exact": lambda: exact(0),
        "one-by-cue": lambda: _answers(found(0), "recall_by_cue"),
        "one-by-content": lambda: _answers(found(0), "recall_by_content"),
        "two-exact": lambda: exact(1),
        "two-by-cue": lambda: _answers(found(1), "recall_by_cue"),
        "two-phase-a": lambda: content(0, 10),
        "two-phase-b": lambda: content(10, 20),
        "two-phase-c": lambda: content(20, None),
        "three-exact": lambda: exact(2),
        "three-answers": lambda: _answers(found(2), "recall_by_content"),
        "learn-twice": lambda: all(of_all(_learn_twice)),
        "condition-silent": lambda: sum(of_all(_silent)),
        "interneuron": lambda: all(of_all(_interneuron)),
        "relearn-once": lambda: _relearnt(found(0)),
        "echo": lambda: all(of_all(_echo)),
        "envelope-13": lambda: _rate(results, 13, size=[5, 10], density=0.5),
        "envelope-14": lambda: _rate(results, 14),
        "envelope-7": lambda: _rate(
            results, 7, size=[5, 10], density=0.5, kind="recall_by_content"),
    }


def figures(results: Results) -> list[Drawing]:
    """Return the figures of the report."""
    return [
        Drawing(
            "experiment-1",
            "Experiment 1 as in the paper's figure of the functional test: every spike of every "
            "layer. The operations are named along the top (L learn, C recall by cue, W recall by "
            "content).",
            lambda: _raster(results["experiment 1, functional"]),
        ),
        Drawing(
            "map",
            "Experiment 3: the stored map, and the cells that came back for each state asked "
            "for, as in the paper's application test.",
            lambda: _map_figure(results["experiment 3, map"]),
        ),
        Drawing(
            "envelope",
            "Ours, not in the paper: part of the operations answered exactly against the time "
            f"between operations, by memory size and word density; {DRAWS} draws of random words "
            "each, two rounds of learning all, recalling by every cue and every content cell.",
            lambda: _envelope_figure(results),
        ),
    ]


_COLOURS = ("#0072B2", "#009E73", "#000000", "#D55E00", "#7A2E6B")


def _raster(found: Mapping[str, Any]) -> Figure:
    sizes = {"IN": 15, "S2Int": 1, "OUT": 15, **{k: 5 for k in ("S1Cue", "S2Cue", "MergeCue")}}
    figure = Figure(figsize=(11, 9), layout="constrained")
    heights = [max(sizes.get(layer, 10), 2.5) for layer in LAYERS]
    axes = figure.subplots(len(LAYERS), 1, sharex=True, height_ratios=heights)
    for number, (axis, layer) in enumerate(zip(axes, LAYERS, strict=True)):
        raster = found["rasters"][layer]
        points = [(int(t), c) for t, cells in raster.items() for c in cells]
        if points:
            axis.plot(*zip(*points, strict=True), linestyle="none", marker="|", markersize=5.5,
                      markeredgewidth=1.8, color=_COLOURS[number % 2])
        axis.set_ylim(sizes.get(layer, 10) - 0.4, -0.6)
        axis.set_yticks([0, sizes.get(layer, 10) - 1] if sizes.get(layer, 10) > 1 else [0])
        axis.tick_params(axis="y", labelsize=8)
        axis.set_ylabel(layer, rotation=0, ha="right", va="center", labelpad=14)
        axis.spines[["top", "right"]].set_visible(False)
        for o in found["outcomes"]:
            axis.axvline(o["time"], color="#CCCCCC", linewidth=0.8, zorder=0)
    for o in found["outcomes"]:
        text = {
            "learn": f"L {o['cue']}←{_set(o['asked'])}",
            "recall_by_cue": f"C {o['cue']}",
            "recall_by_content": f"W {_set(o['asked'])}",
        }[o["kind"]]
        axes[0].annotate(text, (o["time"], 1.02), xycoords=("data", "axes fraction"),
                         fontsize=8, rotation=20, ha="left", va="bottom")
    axes[-1].set_xlim(-1, 90)
    axes[-1].set_xlabel("time (ms)")
    return figure


def _set(cells: list[int]) -> str:
    return "{" + ",".join(map(str, cells)) + "}"


def _map_figure(found: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(11, 2.9), layout="constrained")
    queries = [o for o in found["outcomes"] if o["kind"] == "recall_by_content"]
    axes = figure.subplots(1, 1 + len(queries))
    # Light fills, so that the black text on them can be read.
    fills = ("#F2F2F2", "#BFE3D5", "#F6C9A8", "#FFFFFF", "#BBD8EE", "#B0B0B0")
    names = ("unknown", "start", "goal", "free", "path", "obstacle")
    for axis, query in zip(axes, [None, *queries], strict=True):
        cells = set(range(16)) if query is None else set(query["cues"])
        for cell, state in enumerate(MAP):
            row, column = divmod(cell, 4)
            back = cell in cells
            axis.add_patch(_square(column, row, fills[state] if back else "#FFFFFF", back))
            if back:
                axis.text(column + 0.5, row + 0.5, names[state] if query is None
                          else str(cell), ha="center", va="center", fontsize=7)
        axis.set(xlim=(0, 4), ylim=(4, 0), aspect="equal", xticks=[], yticks=[])
        title = "stored" if query is None else "asked: " + ", ".join(
            names[s] for s in query["asked"]
        )
        axis.set_title(title, fontsize=10)
        axis.spines[:].set_visible(False)
    return figure


def _square(column: int, row: int, fill: str, strong: bool) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column, row), 1, 1, facecolor=fill, zorder=2 if strong else 1,
                     edgecolor="#555555" if strong else "#DDDDDD", linewidth=0.8,
                     clip_on=False)


def _envelope_figure(results: Results) -> Figure:
    figure = Figure(figsize=(11, 6.4), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True, sharey=True)
    kinds = (("recall_by_cue", "recall by cue"), ("recall_by_content", "recall by content"))
    markers = "osD^v"
    for row, (kind, name) in enumerate(kinds):
        for column, size in enumerate(SIZES):
            axis = axes[row][column]
            for k, density in enumerate(DENSITIES):
                rates = [
                    100 * _rate(results, p, size=list(size), density=density, kind=kind)
                    for p in PERIODS
                ]
                axis.plot(PERIODS, rates, color=_COLOURS[k], marker=markers[k], markersize=4,
                          linewidth=1.2, label=f"{round(100 * density)} %")
            axis.grid(color="#E3E3E3", linewidth=0.6)
            axis.set_axisbelow(True)
            axis.spines[["top", "right"]].set_visible(False)
            axis.set_ylim(-3, 104)
            if row == 0:
                axis.set_title(f"{size[0]} cues, {size[1]} contents", fontsize=11)
            else:
                axis.set_xlabel("time between operations (ms)")
            if column == 0:
                axis.set_ylabel(f"{name}\nanswered exactly (%)")
    axes[0][0].legend(title="active cells of a word", frameon=False, fontsize=9,
                      title_fontsize=9, loc="lower right")
    return figure
