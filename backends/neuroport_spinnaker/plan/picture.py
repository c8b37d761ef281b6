"""Pictures: what lies on which core, and weights before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neuroport_spinnaker.plan.plan import Plan
from neuroport_spinnaker.plan.preview import Preview
from neuroport_spinnaker.plan.tables import count

__all__ = ["board_picture", "weights_picture"]

_COLUMNS = 6  # cores of a chip are drawn in 3 rows of 6
_POINTS = 4000  # of a projection's weights in a figure


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def board_picture(plan: Plan, path: str | Path) -> Path:
    """Draw the machine with what lies on which core.

    Parameters
    ----------
    plan : Plan
    path : path
        Ending in a format of matplotlib, e.g. ``.png`` or ``.svg``.
    """
    from matplotlib import colormaps
    from matplotlib.patches import Patch, Rectangle

    chips = {(x, y): n for x, y, n in plan.chips_of_machine}
    used = {(c.x, c.y) for c in plan.cores if not c.monitor}
    if len(chips) > 150 and used:  # draw the part in use of a large machine
        chips = {c: n for c, n in chips.items() if c in used}
    across = max(x for x, _ in chips) + 1
    up = max(y for _, y in chips) + 1
    labels = list(dict.fromkeys(c.population for c in plan.cores if c.population))
    colours = colormaps["tab20"]
    colour = {label: colours(k % 20) for k, label in enumerate(labels)}
    figure = _figure(max(7.0, 1.15 * across + 3.0), max(3.5, 0.85 * up + 1.0))
    axes = figure.subplots()
    cell = 0.9 / _COLUMNS
    for (x, y), _ in chips.items():
        axes.add_patch(Rectangle((x, y), 0.94, 0.88, facecolor="0.97", edgecolor="0.75", lw=0.6))
        memory = plan.sdram_by_chip.get((x, y), 0) / plan.sdram_limit
        axes.add_patch(Rectangle((x, y), 0.94 * min(1.0, memory), 0.07, facecolor="0.45"))
    for core in plan.cores:
        if (core.x, core.y) not in chips:
            continue
        row, column = divmod(core.p, _COLUMNS)
        if core.monitor:
            shade: Any = "0.83"
        else:
            shade = colour.get(core.population, "black")
        corner = core.x + 0.02 + column * cell, core.y + 0.12 + row * 0.24
        full = 1.0 if core.dtcm is None else min(1.0, core.dtcm / plan.dtcm_limit)
        if full < 1.0:
            axes.add_patch(Rectangle(corner, cell * 0.86, 0.2, facecolor=shade, alpha=0.3, lw=0))
        axes.add_patch(Rectangle(corner, cell * 0.86, 0.2 * full, facecolor=shade, lw=0))
    axes.set_xlim(-0.1, across + 0.05)
    axes.set_ylim(-0.1, up + 0.05)
    axes.set_xticks(np.arange(across) + 0.47, [str(k) for k in range(across)])
    axes.set_yticks(np.arange(up) + 0.44, [str(k) for k in range(up)])
    axes.set_xlabel("chip x")
    axes.set_ylabel("chip y")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(
        f"{plan.target}: {count(plan.application_cores, 'core')} on "
        f"{count(plan.application_chips, 'chip')}, {count(plan.boards, 'board')}", fontsize=11,
    )
    marks = [Patch(color=colour[label], label=label) for label in labels[:24]]
    if len(labels) > 24:
        marks.append(Patch(color="white", label=f"and {len(labels) - 24} more"))
    if any(not c.population and not c.monitor for c in plan.cores):
        marks.append(Patch(color="black", label="delay extension"))
    marks += [Patch(color="0.83", label="monitors of the tool-chain"),
              Patch(color="0.45", label="SDRAM in use (bar)"),
              Patch(color="white", label="height of a core's fill:\nprivate memory in use")]
    figure.legend(handles=marks, loc="outside right upper", fontsize=8, frameon=False)
    figure.savefig(path, dpi=130)
    return Path(path)


def weights_picture(preview: Preview, path: str | Path) -> Path:
    """Draw the weights that were asked for against those that the chip will hold."""
    shown = [p for p in preview.projections if p.asked.size][:12]
    columns = min(3, max(1, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    figure = _figure(4.2 * columns, 3.4 * rows)
    panels = np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axes, entry in zip(panels, shown, strict=False):
        chosen = np.linspace(0, entry.asked.size - 1, min(_POINTS, entry.asked.size)).astype(int)
        asked, held = np.abs(entry.asked[chosen]), np.abs(entry.held[chosen])
        top = max(float(asked.max()), float(held.max()), entry.resolution) * 1.05
        axes.plot([0, top], [0, top], color="0.7", lw=1, zorder=1)
        dead = (held == 0) & (asked > 0)
        axes.plot(asked[~dead], held[~dead], ".", ms=5, color="tab:blue", zorder=2)
        axes.plot(asked[dead], held[dead], "x", ms=5, color="tab:red", zorder=3)
        if entry.resolution > top / 60:
            for level in np.arange(entry.resolution, top, entry.resolution):
                axes.axhline(level, color="0.92", lw=0.6, zorder=0)
        axes.set_title(
            f"{entry.label}\n{entry.dead} of {entry.asked.size} become zero"
            if entry.dead else f"{entry.label}\nlargest change {entry.worst:.2%}", fontsize=9,
        )
        axes.set_xlim(0, top)
        axes.set_ylim(-0.03 * top, top)
        axes.set_xlabel(f"asked ({entry.unit})", fontsize=8)
        axes.set_ylabel(f"on the chip ({entry.unit})", fontsize=8)
        axes.tick_params(labelsize=7)
    for axes in panels[len(shown):]:
        axes.set_visible(False)
    figure.savefig(path, dpi=130)
    return Path(path)
