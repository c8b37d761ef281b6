"""The figures: what is on them, that they stay quick, and that pyplot stays out."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import neo
import numpy as np
import pytest
import quantities as pq

from neuroport.errors import NotReadyError
from neuroport.models import Mark
from neuroport.plotting import raster, save_figure, summary, voltages


def block(name: str, size: int, rate: float = 20.0, signal: bool = False) -> Any:
    """Cells with random spikes over 1000 ms."""
    draw = np.random.default_rng(size)
    made = neo.Block(name=name, size=size)
    segment = neo.Segment()
    made.segments.append(segment)
    for cell in range(size):
        times = np.sort(draw.uniform(0, 1000, draw.poisson(rate)))
        segment.spiketrains.append(
            neo.SpikeTrain(times * pq.ms, t_stop=1000 * pq.ms, source_index=cell)
        )
    if signal:
        segment.analogsignals.append(
            neo.AnalogSignal(draw.normal(-60, 2, (1001, size)), units="mV", name="v",
                             sampling_period=1 * pq.ms)
        )
    return made


def texts(figure: Any) -> str:
    """Everything written on a figure."""
    from matplotlib.text import Text

    return "\n".join(t.get_text() for t in figure.findobj(Text))


def test_a_raster_names_populations_axes_and_marks() -> None:
    figure = raster([block("net.first", 5), block("net.second", 1)],
                    marks=[Mark(10.0, "learn"), Mark(500.0, "recall")], title="a title")
    written = texts(figure)
    for word in ("first", "second", "5 cells", "1 cell", "time (ms)", "cell number", "learn",
                 "recall", "a title"):
        assert word in written
    assert "net." not in written


def test_a_raster_shows_every_spike() -> None:
    blocks = [block("one", 7), block("two", 3)]
    figure = raster(blocks)
    drawn = [len(axis.lines[0].get_xdata()) for axis in figure.axes]
    assert drawn == [sum(len(t) for t in b.segments[0].spiketrains) for b in blocks]


def test_populations_differ_in_grey_as_well() -> None:
    from neuroport.plotting.figures import COLOURS

    def grey(colour: str) -> float:
        r, g, b = (int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5))
        return 0.299 * r + 0.587 * g + 0.114 * b

    greys = [grey(colour) for colour in COLOURS]
    assert max(greys) < 0.6  # dark enough on white
    assert all(abs(a - b) > 0.04 for a, b in itertools.pairwise(greys))


def test_voltages_have_units_and_say_what_is_left_out() -> None:
    figure = voltages([block("cells", 8, signal=True)], cells=3)
    written = texts(figure)
    assert "v (mV)" in written
    assert "8 recorded" in written
    assert "3 shown" in written
    assert len(figure.axes[0].lines) == 3


def test_summary_shows_mean_rates() -> None:
    made = block("cells", 10)
    spikes = sum(len(t) for t in made.segments[0].spiketrains)
    assert f"mean {spikes / 10:.3g}" in texts(summary([made]))


@pytest.mark.parametrize("draw", [raster, voltages, summary])
def test_nothing_recorded_is_said(draw: Any) -> None:
    empty = neo.Block(name="empty")
    empty.segments.append(neo.Segment())
    with pytest.raises(NotReadyError, match="record"):
        draw([empty])


def test_dense_rasters_stay_quick(tmp_path: Path) -> None:
    blocks = [block("excitatory", 3200), block("inhibitory", 800)]
    began = time.perf_counter()
    path = save_figure(raster(blocks), tmp_path / "dense.png")
    assert time.perf_counter() - began < 10.0
    assert path.stat().st_size > 10_000


def test_nothing_is_cut_off(tmp_path: Path) -> None:
    """No name or mark may leave the page."""
    names = ["a long population name", "b"]
    figure = raster([block(n, 20) for n in names], marks=[Mark(0.0, "learn 0={0,1,8,9}")],
                    title="title")
    figure.draw_without_rendering()
    page = figure.bbox
    for text in (*figure.texts, *(t for axis in figure.axes for t in axis.texts)):
        box = text.get_window_extent()
        side = page.x0 if text.get_rotation() == 90 else page.x0 + 25  # beside the axis label
        assert box.x0 >= side - 10 * (text in figure.texts), text.get_text()
        assert box.x1 <= page.x1, text.get_text()
        assert box.y1 <= page.y1, text.get_text()


def test_pyplot_stays_out() -> None:
    code = "import sys, neuroport.plotting; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False"
