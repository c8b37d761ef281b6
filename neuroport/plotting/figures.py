"""The figures. Every function returns a new Figure; nothing touches pyplot."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from neuroport.errors import NotReadyError, Problem
from neuroport.models import Mark
from neuroport.results.spike_arrays import SpikeArrays, milliseconds, spike_arrays

__all__ = ["raster", "save_figure", "summary", "voltages"]

# Okabe and Ito's colours that are dark enough on white, in an order that alternates dark and
# medium in grey; panels are told apart by their names, never by colour alone.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#009E73", "#7A2E6B", "#8C5A00")
GRID = "#D9D9D9"
_DENSE = 200_000  # spikes above which the panel is drawn as pixels, also in PDF and SVG

FloatArray = NDArray[np.float64]


def raster(
    blocks: Sequence[Any],
    *,
    marks: Sequence[Mark] = (),
    title: str = "",
    segment: int = -1,
) -> Figure:
    """Draw the spikes of all populations, one panel each.

    Parameters
    ----------
    blocks : sequence of neo.Block
        One a population, from top to bottom; those without recorded spikes are left out.
    marks : sequence of Mark
        Named moments, written along the top.
    title : str
        Heading.
    segment : int
        Which run, where there was a ``reset``; default: the last.

    Raises
    ------
    NotReadyError
        If no block has recorded spikes.
    """
    shown = _with_spikes(blocks, segment)
    names = _names(shown)
    sizes = [_size(b, segment) for b in shown]
    heights = [float(np.clip(np.sqrt(n), 1.3, 6.0)) for n in sizes]
    rise = 0.15 + (0.95 if marks else 0.0) + (0.35 if title else 0.0)
    figure = _figure(10.0, min(0.34 * sum(heights) + rise + 0.75, 14.0))
    axes = _stack(figure, heights, rise)
    for k, (axis, block) in enumerate(zip(axes, shown)):
        spikes = _spikes(block, segment)
        times, cells = spikes.time, spikes.cell
        many = len(times) > _DENSE
        if many:
            times, cells = _one_a_pixel(axis, times, cells)
        # Marks of one row's height for small populations, single pixels for large ones.
        points = axis.get_window_extent().height * 72 / figure.dpi / max(sizes[k], 1)
        axis.plot(
            times, cells, linestyle="none",
            marker="|" if points >= 1.5 else ",",
            markersize=float(np.clip(points * 0.85, 1.0, 12.0)),
            markeredgewidth=1.6 if sizes[k] <= 100 else 0.8,
            color=COLOURS[k % len(COLOURS)],
            rasterized=many,
        )
        axis.set_ylim(-0.7, sizes[k] - 0.3)
        axis.invert_yaxis()  # cell 0 at the top
        if sizes[k] == 1:
            axis.set_yticks([0])
        else:
            axis.yaxis.set_major_locator(MaxNLocator(3 if heights[k] > 2 else 2, integer=True))
        _panel(axis, names[k], f"{sizes[k]} cell{'s' if sizes[k] != 1 else ''}")
    _finish(figure, axes, shown, segment, title)
    figure.text(0.012, 0.5, "cell number, by population", rotation=90, va="center", ha="left",
                fontsize=11)
    _mark(axes, marks)
    return figure


def voltages(
    blocks: Sequence[Any],
    *,
    variable: str = "v",
    cells: int = 5,
    title: str = "",
    segment: int = -1,
) -> Figure:
    """Draw a recorded variable of some cells of every population, one panel each.

    Parameters
    ----------
    blocks : sequence of neo.Block
        Those without the variable are left out.
    variable : str
        As recorded: ``v``, ``gsyn_exc`` ...
    cells : int
        How many cells of each population, the first ones.
    title : str
        Heading.
    segment : int
        Which run; default: the last.

    Raises
    ------
    NotReadyError
        If no block has the variable.
    """
    shown = [b for b in blocks if _signal(b, variable, segment) is not None]
    if not shown:
        raise NotReadyError(
            Problem(f"'{variable}' has not been recorded", fix=f"population.record('{variable}')")
        )
    names = _names(shown)
    rise = 0.15 + (0.35 if title else 0.0)
    figure = _figure(10.0, min(1.5 * len(shown) + rise + 0.75, 14.0))
    axes = _stack(figure, [1.0] * len(shown), rise, right=0.9)
    styles = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
    for axis, block, name in zip(axes, shown, names):
        signal = _signal(block, variable, segment)
        values = np.asarray(signal.magnitude, dtype=float)
        times = np.asarray(signal.times.rescale("ms").magnitude, dtype=float)
        index = signal.array_annotations.get("channel_index", np.arange(values.shape[1]))
        for k in range(min(cells, values.shape[1])):
            axis.plot(
                times, values[:, k], color=COLOURS[k % len(COLOURS)],
                linestyle=styles[k % len(styles)], linewidth=1.4, label=f"cell {index[k]}",
            )
        hidden = values.shape[1] - cells
        note = f"{values.shape[1]} recorded" + (f",\n{cells} shown" if hidden > 0 else "")
        axis.yaxis.set_major_locator(MaxNLocator(4))
        axis.margins(y=0.08)
        _panel(axis, name, f"{variable} ({signal.dimensionality.string})\n{note}")
        axis.legend(loc="center left", bbox_to_anchor=(1.005, 0.5), frameon=False, fontsize=10)
    _finish(figure, axes, shown, segment, title)
    return figure


def summary(blocks: Sequence[Any], *, title: str = "", segment: int = -1) -> Figure:
    """Draw every population's rate over time, one panel each.

    Parameters
    ----------
    blocks : sequence of neo.Block
    title : str
        Heading.
    segment : int
        Which run; default: the last.

    Raises
    ------
    NotReadyError
        If no block has recorded spikes.
    """
    shown = _with_spikes(blocks, segment)
    names = _names(shown)
    begin, end = _span(shown, segment)
    bins = int(np.clip((end - begin) // 5, 10, 200))
    edges = np.linspace(begin, max(end, begin + 1e-9), bins + 1)
    width = (edges[1] - edges[0]) / 1000.0
    rise = 0.15 + (0.35 if title else 0.0)
    figure = _figure(10.0, min(0.8 * len(shown) + rise + 0.75, 14.0))
    axes = _stack(figure, [1.0] * len(shown), rise)
    for k, (axis, block) in enumerate(zip(axes, shown)):
        times = _spikes(block, segment).time
        recorded = len(block.segments[segment].spiketrains)
        rate = np.histogram(times, edges)[0] / width / recorded
        axis.stairs(rate, edges, fill=True, color=COLOURS[k % len(COLOURS)])
        axis.set_ylim(bottom=0)
        axis.yaxis.set_major_locator(MaxNLocator(2))
        mean = len(times) / recorded / max((end - begin) / 1000.0, 1e-9)
        _panel(axis, names[k], f"mean {mean:.3g}\nspikes/s")
    _finish(figure, axes, shown, segment, title)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike[str], dpi: float = 150) -> Path:
    """Write a figure; the format follows the file's ending."""
    figure.savefig(path, dpi=dpi)
    return Path(path)


# -- parts ---------------------------------------------------------------------------------------


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _stack(
    figure: Figure, heights: Sequence[float], rise: float, right: float = 0.975
) -> list[Axes]:
    total = figure.get_figheight()
    grid = figure.add_gridspec(
        len(heights), 1, height_ratios=heights, hspace=0.12,
        left=0.235, right=right, bottom=0.6 / total, top=1 - rise / total,
    )
    axes: list[Axes] = []
    for k in range(len(heights)):
        axes.append(figure.add_subplot(grid[k, 0], sharex=axes[0] if axes else None))
    return axes


def _one_a_pixel(
    axis: Axes, times: FloatArray, cells: NDArray[np.int64]
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the spikes without those that would fall on the pixel of another; it looks the same.

    Pixels are half of those on paper, so that none is left white.
    """
    box = axis.get_window_extent()
    rows, columns = (int(4 * size) for size in (box.height, box.width))
    places = []
    for values, number in ((cells, rows), (times, columns)):
        low, high = float(values.min()), float(values.max())
        places.append(((values - low) * (number / max(high - low, 1e-9))).astype(np.int64))
    one = np.full((rows + 1) * (columns + 1), -1)
    one[places[0] * (columns + 1) + places[1]] = np.arange(len(times))
    one = one[one >= 0]
    return times[one], cells[one]


def _panel(axis: Axes, name: str, note: str) -> None:
    axis.tick_params(axis="both", labelsize=10, length=3)
    axis.tick_params(axis="x", labelbottom=False)
    axis.grid(axis="x", color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.text(-0.065, 0.5, name, transform=axis.transAxes, ha="right", va="bottom",
              fontsize=12, fontweight="bold")
    axis.text(-0.065, 0.47, note, transform=axis.transAxes, ha="right", va="top",
              fontsize=9, color="#404040", linespacing=1.1)


def _finish(
    figure: Figure, axes: list[Axes], blocks: Sequence[Any], segment: int, title: str
) -> None:
    begin, end = _span(blocks, segment)
    room = 0.006 * (end - begin)  # so that spikes at the very beginning are whole
    axes[-1].set_xlim(begin - room, max(end, begin + 1e-9) + room)
    axes[-1].tick_params(axis="x", labelbottom=True)
    axes[-1].set_xlabel("time (ms)", fontsize=12)
    if title:
        figure.text(0.02, 1 - 0.12 / figure.get_figheight(), title, ha="left", va="top",
                    fontsize=13)


def _mark(axes: list[Axes], marks: Sequence[Mark]) -> None:
    if not marks:
        return
    for axis in axes:
        axis.vlines(
            [mark.time for mark in marks], 0, 1, transform=axis.get_xaxis_transform(),
            color="#808080", linewidth=0.9, linestyle=(0, (4, 2)), zorder=0.5,
        )
    for mark in marks:
        axes[0].annotate(
            mark.text, (mark.time, 1.0), xycoords=("data", "axes fraction"),
            xytext=(1, 5), textcoords="offset points", rotation=38, ha="left", va="bottom",
            rotation_mode="anchor", fontsize=10, annotation_clip=False,
        )


def _with_spikes(blocks: Sequence[Any], segment: int) -> list[Any]:
    shown = [b for b in blocks if len(b.segments[segment].spiketrains)]
    if not shown:
        raise NotReadyError(
            Problem("there are no recorded spikes to draw", fix="population.record('spikes')")
        )
    return shown


def _names(blocks: Sequence[Any]) -> list[str]:
    """Return short names: what all labels have in common before a dot is left out."""
    names = [str(b.name or b.annotations.get("label", "population")) for b in blocks]
    heads = {name.partition(".")[0] for name in names}
    if len(names) > 1 and len(heads) == 1 and all("." in name for name in names):
        names = [name.partition(".")[2] for name in names]
    return [name if len(name) <= 14 else name[:13] + "…" for name in names]


def _size(block: Any, segment: int) -> int:
    largest = int(_spikes(block, segment).recorded.max())
    return max(int(block.annotations.get("size", 0)), largest + 1)


def _spikes(block: Any, segment: int) -> SpikeArrays:
    return cast(SpikeArrays, spike_arrays(block.segments[segment].spiketrains))


def _signal(block: Any, variable: str, segment: int) -> Any:
    return next(
        (s for s in block.segments[segment].analogsignals if s.name == variable), None
    )


def _span(blocks: Sequence[Any], segment: int) -> tuple[float, float]:
    spans = [(milliseconds(signal.t_start), milliseconds(signal.t_stop))
             for block in blocks for signal in block.segments[segment].analogsignals]
    # Asking the trains themselves would take a search through all spikes for each of them.
    spans += [(found.start, found.stop) for block in blocks
              if (found := spike_arrays(block.segments[segment].spiketrains)) is not None]
    return min(begin for begin, _ in spans), max(end for _, end in spans)
