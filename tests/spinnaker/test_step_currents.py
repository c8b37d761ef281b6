"""Step currents go on in a further run where they were: the released binaries alone begin anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import neuroport

pytestmark = pytest.mark.filterwarnings("ignore")

TIMES, LEVELS = [5.0, 12.0, 20.0, 30.0], [1.0, 0.2, -0.5, 0.0]


def potentials(runs: list[float]) -> Any:
    """Return v of three cells, two of them with a current, after runs of these lengths (ms)."""
    sim = neuroport.simulator("spinnaker-emulated", timestep=1.0, numerics="spinnaker")
    cells = sim.Population(3, sim.IF_curr_exp(tau_refrac=1.0, v_thresh=0.0, tau_m=5.0), label="c")
    source = sim.StepCurrentSource(times=TIMES, amplitudes=LEVELS)
    cells[:2].inject(source)
    cells.record("v")
    for number, length in enumerate(runs):
        sim.run(length)
        if number == 0:
            cells.set(i_offset=0.125)  # kept where the current is written again
    v = cells.get_data().segments[0].analogsignals[0].magnitude
    sim.end()
    return v


@pytest.mark.slow
@pytest.mark.usefixtures("board")
def test_a_run_that_is_cut_has_the_currents_of_one_that_is_not() -> None:
    # On the fourth change, just before it, and with three of them behind.
    cut = potentials([4.0, 11.0, 5.0, 15.0, 10.0])
    np.testing.assert_array_equal(cut, potentials([4.0, 41.0]))
    assert len(np.unique(np.round(cut[:, 0], 3))) > 10
