"""Convolution: cores without a synaptic matrix, with counters of their own layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., dict[str, Any]]

# One pixel of 8 x 8 fires; a kernel of 3 x 3 makes the 3 x 3 neurons around it fire.
BODY = """
sim.setup(1.0)
sim.set_number_of_neurons_per_core(sim.IF_curr_exp, (6, 6))
sim.set_number_of_neurons_per_core(sim.SpikeSourceArray, (8, 8))
times = [[] for _ in range(64)]
times[3 * 8 + 4] = [5]
source = sim.Population(64, sim.SpikeSourceArray(times), structure=sim.Grid2D(1.0))
kernel = sim.ConvolutionConnector(numpy.full((3, 3), 20.0))
width, height = kernel.get_post_shape((8, 8))
target = sim.Population(width * height, sim.IF_curr_exp(), structure=sim.Grid2D(width / height))
sim.Projection(source, target, kernel, sim.Convolution())
target.record("spikes")
sim.run(40)
answer(fired=[i for i, t in enumerate(spikes_of(target)) if t], width=width)
sim.end()
"""


@pytest.mark.slow
def test_a_kernel_excites_the_square_around_a_pixel(run_network: Run) -> None:
    done = run_network(BODY)
    assert done["width"] == 6
    # pixel (x 4, y 3) is the middle of the kernel at neuron (3, 2) of the 6 x 6
    assert done["fired"] == [6 * y + x for y in (1, 2, 3) for x in (2, 3, 4)]
    report = done["report"]
    assert any(core.binary.endswith("_conv.aplx") for core in report.finished)
    assert report.findings() == []  # nothing was overloaded, and nothing is read as a counter
    assert report.provenance["late_packets"] == 0
