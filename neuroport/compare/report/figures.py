"""Figures of the report, as SVG that follows the page's colours.

Matplotlib draws with stand-in colours; afterwards they become CSS variables of the page, so one
figure serves light and dark. Dense rasters are drawn as pixels inside the SVG.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from neuroport.compare.ladder.traces import AlignedSignals, common_signals
from neuroport.compare.ladder.verdict import Comparison
from neuroport.compare.measures.distances import spike_distance_matrix
from neuroport.compare.measures.pairing import PairedSpikes, pair_spikes, sample
from neuroport.results.result import IntArray, ProjectionStructure, Result

__all__ = ["Picture", "draw_figures"]

INK, MUTED, REFERENCE, TARGET, PAPER = "#010203", "#010204", "#010205", "#010206", "#010207"
_VARIABLES = {INK: "--ink", MUTED: "--muted", REFERENCE: "--reference", TARGET: "--target",
              PAPER: "--paper"}
#: Pixels in figures keep their colour; these two are readable on light and dark paper.
_PIXEL_REFERENCE, _PIXEL_TARGET = "#2f7fc1", "#d9731a"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "neuroport",
    "font.size": 10, "font.family": "sans-serif",
    "axes.edgecolor": MUTED, "axes.labelcolor": INK, "text.color": INK, "xtick.color": MUTED,
    "ytick.color": MUTED, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
    "legend.labelcolor": INK, "axes.titlesize": 10, "axes.titlelocation": "left",
}
_PAGE = 11.0  # inches
_MANY_SPIKES, _RASTER_NEURONS, _RASTER_POPULATIONS, _MATRIX_NEURONS = 4000, 60, 12, 24
_SIGNALS, _PROJECTIONS, _SAMPLES = 4, 6, 4000


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: a title, an SVG element, and what it shows and leaves out."""

    title: str
    svg: str
    caption: str
    width: float = 1.0  # part of the page's width


def _svg(figure: Figure, name: str) -> str:
    stream = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(stream, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg"):]
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"(url\(#|href=\"#)", rf"\g<1>{name}-", text)
    return re.sub(r'^<svg [^>]*?viewBox="([^"]+)"[^>]*>',
                  r'<svg viewBox="\1" role="img" xmlns="http://www.w3.org/2000/svg" '
                  r'xmlns:xlink="http://www.w3.org/1999/xlink">', text, count=1)


def _figure(width: float, height: float, rows: int = 1, columns: int = 1,
            **options: Any) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, np.asarray(figure.subplots(rows, columns, squeeze=False, **options))


def _panels(number: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with up to three panels in a row."""
    columns = min(3, number)
    rows = -(-number // columns)
    figure, axes = _figure(_PAGE * columns / 3, 0.4 + height * rows, rows, columns)
    for axis in axes.ravel()[number:]:
        axis.set_visible(False)
    return figure, list(axes.ravel()[:number])


def _width(figure: Figure) -> float:
    return min(1.0, float(figure.get_figwidth()) / _PAGE)


def _raster(pairs: list[PairedSpikes], names: tuple[str, str], prefix: str) -> Picture:
    shown = pairs[:_RASTER_POPULATIONS]
    notes = []
    if len(shown) < len(pairs):
        notes.append(f"first {len(shown)} of {len(pairs)} populations")
    rows = [sample(np.arange(len(p.neurons)), _RASTER_NEURONS, seed=0, where=p.population)[0]
            for p in shown]
    heights = [float(np.clip(0.3 + 0.06 * len(r), 0.45, 2.4)) for r in rows]
    figure, axes = _figure(_PAGE, 0.7 + sum(heights), len(shown), sharex=True,
                           gridspec_kw={"height_ratios": heights})
    for axis, pair, chosen, height in zip(axes[:, 0], shown, rows, heights, strict=True):
        if len(chosen) < len(pair.neurons):
            notes.append(f"{pair.population}: {len(chosen)} of {len(pair.neurons)} neurons drawn "
                         "at random")
        parts = []
        for trains in (pair.reference, pair.target):
            picked = [trains[int(i)] for i in chosen]
            parts.append((np.concatenate(picked) if picked else np.empty(0),
                          np.repeat(np.arange(len(chosen)), [len(t) for t in picked])))
        dense = max(len(x) for x, _ in parts) > _MANY_SPIKES
        colours = (_PIXEL_REFERENCE, _PIXEL_TARGET) if dense else (REFERENCE, TARGET)
        size = float(np.clip(72 * height / max(1, len(chosen)), 2.2, 8.0)) ** 2
        axis.scatter(*parts[0], s=size, marker="|", color=colours[0], linewidths=1.4,
                     rasterized=dense)
        axis.scatter(*parts[1], s=size * 0.5, marker="o", facecolors="none",
                     edgecolors=colours[1], linewidths=0.8, rasterized=dense)
        axis.set_ylim(-0.8, len(chosen) - 0.2)
        axis.set_xlim(pair.start - 0.005 * pair.duration, pair.stop + 0.005 * pair.duration)
        axis.set_ylabel(pair.population, rotation=0, ha="right", va="center")
        axis.set_yticks([0, len(chosen) - 1] if len(chosen) > 1 else [0],
                        [str(int(pair.neurons[int(i)])) for i in
                         ([chosen[0], chosen[-1]] if len(chosen) > 1 else [chosen[0]])])
    axes[-1, 0].set_xlabel("time (ms)")
    handles = [axes[0, 0].scatter([], [], s=60, marker="|", color=REFERENCE, linewidths=1.6),
               axes[0, 0].scatter([], [], s=30, marker="o", facecolors="none", edgecolors=TARGET)]
    figure.legend(handles, names, loc="outside upper right", ncols=2)
    caption = (f"Bar: {names[0]}. Ring: {names[1]}. A ring on a bar is a spike that both have."
               + (f" Shown: {'; '.join(notes)}." if notes else ""))
    return Picture("Spikes, overlaid", _svg(figure, prefix + "raster"), caption)


def _traces(pairs: list[AlignedSignals], total: int, names: tuple[str, str],
            prefix: str) -> Picture:
    figure, axes = _figure(_PAGE, 0.4 + 2.1 * len(pairs), 2 * len(pairs), sharex=False,
                           gridspec_kw={"height_ratios": [3, 1] * len(pairs)})
    notes = []
    for k, pair in enumerate(pairs):
        gaps = np.nanmax(np.abs(pair.target - pair.reference), axis=0)
        worst = int(np.nanargmax(gaps)) if np.any(np.isfinite(gaps)) else 0
        step = max(1, len(pair.times) // _SAMPLES)
        window = slice(None)
        if step > 1:
            window = slice(0, _SAMPLES)
            notes.append(f"{pair.label}: first {_SAMPLES} of {len(pair.times)} samples")
        time = pair.times[window]
        ours, theirs = pair.reference[window, worst], pair.target[window, worst]
        top, below = axes[2 * k, 0], axes[2 * k + 1, 0]
        top.plot(time, ours, color=REFERENCE, linewidth=2.4, label=names[0])
        top.plot(time, theirs, color=TARGET, linewidth=1.1, linestyle=(0, (4, 2)), label=names[1])
        top.set_title(f"{pair.label}: neuron {int(pair.neurons[worst])}, the one that differs "
                      "most")
        top.set_ylabel(pair.unit)
        top.tick_params(labelbottom=False)
        below.plot(time, theirs - ours, color=INK, linewidth=0.9)
        below.set_ylabel("difference")
        for axis in (top, below):
            axis.set_xlim(time[0], time[-1] if len(time) > 1 else time[0] + 1)
    axes[-1, 0].set_xlabel("time (ms)")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    if len(pairs) < total:
        notes.append(f"{len(pairs)} of {total} recorded variables, those that differ most")
    caption = (f"Solid: {names[0]}. Dashed: {names[1]}. Below each: target minus reference."
               + (f" Shown: {'; '.join(notes)}." if notes else ""))
    return Picture("Traces, overlaid", _svg(figure, prefix + "traces"), caption)


def _weights(found: list[tuple[str, ProjectionStructure, ProjectionStructure]], total: int,
             names: tuple[str, str], prefix: str) -> Picture:
    figure, axes = _panels(len(found), 2.5)
    for axis, (label, ours, theirs) in zip(axes, found, strict=True):
        final = ours.final_weight is not None and theirs.final_weight is not None
        w_ref = (ours.final_weight if final else ours.weight)
        w_tgt = (theirs.final_weight if final else theirs.weight)
        if w_ref is None or w_tgt is None:  # pragma: no cover - excluded by `final`
            continue
        both = np.concatenate((w_ref, w_tgt))
        both = both[np.isfinite(both)]
        low, high = (float(both.min()), float(both.max())) if len(both) else (0.0, 1.0)
        pad = 0.02 * (high - low) or abs(high) * 0.05 or 0.5
        edges = np.linspace(low - pad, high + pad, 31).tolist()
        axis.hist(w_ref, bins=edges, histtype="stepfilled", alpha=0.3, color=REFERENCE)
        axis.hist(w_ref, bins=edges, histtype="step", color=REFERENCE, linewidth=1.6,
                  label=names[0])
        axis.hist(w_tgt, bins=edges, histtype="step", color=TARGET, linewidth=1.4,
                  linestyle=(0, (4, 2)), label=names[1])
        axis.set_title(f"{label}{', after the run' if final else ''}")
        axis.set_xlabel(f"weight ({ours.weight_unit})")
        axis.set_ylabel("synapses")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left",
                  ncols=min(2, len(axes)))
    caption = (f"Filled: {names[0]}. Dashed: {names[1]}."
               + (f" Shown: {len(found)} of {total} projections, plastic ones first."
                  if len(found) < total else ""))
    return Picture("Weights", _svg(figure, prefix + "weights"), caption, _width(figure))


def _matrix(pairs: list[PairedSpikes], timestep: float, names: tuple[str, str],
            prefix: str) -> Picture | None:
    shown: list[tuple[PairedSpikes, IntArray]] = []
    notes = []
    for pair in pairs:
        active = np.flatnonzero([len(a) + len(b) > 0 for a, b in
                                 zip(pair.reference, pair.target, strict=True)])
        if len(active) > 1 and len(shown) < 3:
            chosen, statement = sample(active, _MATRIX_NEURONS, seed=0, where=pair.population)
            if statement:
                notes.append(f"{pair.population}: {len(chosen)} of {len(active)} active neurons")
            shown.append((pair, chosen))
    if not shown:
        return None
    colours = LinearSegmentedColormap.from_list("distance", ["#0b2e4f", "#5fa4d8", "#f4efe2"])
    figure, axes = _figure(3.6 * len(shown) + 0.6, 3.4, 1, len(shown))
    image: Any = None
    for axis, (pair, chosen) in zip(axes[0], shown, strict=True):
        matrix = spike_distance_matrix(
            [pair.reference[int(i)] for i in chosen], [pair.target[int(i)] for i in chosen],
            start=pair.start, stop=pair.stop, pad=timestep)
        image = axis.imshow(matrix, cmap=colours, vmin=0.0, vmax=max(0.3, float(matrix.max())),
                            interpolation="nearest")
        ticks = np.unique(np.linspace(0, len(chosen) - 1, min(6, len(chosen))).astype(int))
        labels = [str(int(pair.neurons[int(chosen[int(t)])])) for t in ticks]
        axis.set_xticks(ticks, labels)
        axis.set_yticks(ticks, labels)
        axis.set_title(pair.population)
        axis.set_xlabel(f"neuron, {names[1]}")
        axis.set_ylabel(f"neuron, {names[0]}")
    figure.colorbar(image, ax=axes[0].tolist(), label="SPIKE distance", shrink=0.8)
    left = len(pairs) - len(shown)
    if left:
        notes.append(f"{left} further populations are not drawn")
    caption = ("Distance of each reference neuron to each target neuron. A dark diagonal means "
               "that every neuron is nearest to itself; a dark line elsewhere means that numbers "
               "are exchanged." + (f" Shown: {'; '.join(notes)}." if notes else ""))
    return Picture("Distances between neurons", _svg(figure, prefix + "matrix"), caption,
                   _width(figure))


def _rates(pairs: list[PairedSpikes], names: tuple[str, str], prefix: str) -> Picture:
    shown = pairs[:_PROJECTIONS]
    figure, axes = _panels(len(shown), 2.4)
    for axis, pair in zip(axes, shown, strict=True):
        _rate_axis(axis, pair, names)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left",
                  ncols=min(2, len(axes)))
    caption = (f"Solid: {names[0]}. Dashed: {names[1]}. Part of the neurons that fire at most "
               "this fast." + (f" Shown: {len(shown)} of {len(pairs)} populations."
                               if len(shown) < len(pairs) else ""))
    return Picture("Distribution of rates", _svg(figure, prefix + "rates"), caption, _width(figure))


def _rate_axis(axis: Axes, pair: PairedSpikes, names: tuple[str, str]) -> None:
    for trains, colour, style, name in (
            (pair.reference, REFERENCE, "-", names[0]),
            (pair.target, TARGET, (0, (4, 2)), names[1])):
        rates = np.sort([len(t) * 1000.0 / pair.duration for t in trains])
        axis.step(np.concatenate(([rates[0]], rates)), np.linspace(0, 1, len(rates) + 1),
                  where="post", color=colour, linewidth=1.8, linestyle=style, label=name)
    axis.set_title(pair.population)
    axis.set_xlabel("rate (Hz)")
    axis.set_ylabel("part of neurons")


def _signal_pairs(reference: Result, target: Result) -> list[AlignedSignals]:
    def misfit(pair: AlignedSignals) -> float:
        span = float(np.nanmax(pair.reference) - np.nanmin(pair.reference)) or 1.0
        largest = pair.differences()[0].max()
        return -float(largest) / span

    return sorted(common_signals(reference, target), key=misfit)


def draw_figures(comparison: Comparison, prefix: str = "") -> list[Picture]:
    """All figures that the two results have data for.

    Parameters
    ----------
    comparison : Comparison
    prefix : str
        Put before the names inside the figures, so that several comparisons fit on one page.

    Returns
    -------
    list of Picture
    """
    reference, target = comparison.reference, comparison.target
    names = (f"{reference.name} (reference)", f"{target.name} (target)")
    pictures: list[Picture] = []
    with rc_context(_STYLE):
        pairs = [p for p in pair_spikes(reference, target)[0]
                 if len(p.neurons) and p.duration > 0]
        if pairs:
            pictures += [_raster(pairs, names, prefix), _rates(pairs, names, prefix)]
            matrix = _matrix(pairs, max(reference.timestep, target.timestep), names, prefix)
            if matrix is not None:
                pictures.append(matrix)
        signals = _signal_pairs(reference, target)
        if signals:
            pictures.append(_traces(signals[:_SIGNALS], len(signals), names, prefix))
        if reference.structure is not None and target.structure is not None:
            shared = [(label, p, target.structure.projections[label])
                      for label, p in reference.structure.projections.items()
                      if label in target.structure.projections and len(p)]
            shared.sort(key=lambda item: item[1].final_weight is None)
            if shared:
                pictures.append(_weights(shared[:_PROJECTIONS], len(shared), names, prefix))
    return pictures
