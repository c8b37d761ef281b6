"""The rule that every engine asks: how many steps a cell is refractory."""

from __future__ import annotations

import numpy as np
import pytest

from neuroport.numerics import PYNN


@pytest.mark.parametrize(("rule", "expected"), [
    ("round", [0, 0, 1, 1, 2, 3, 7]), ("ceil", [0, 1, 1, 1, 2, 3, 7]),
])
def test_half_a_step_counts_and_floating_point_does_not(rule: str, expected: list[int]) -> None:
    # 0.15 / 0.1 is below 1.5, 0.3 / 0.1 below 3 and 0.7 / 0.1 below 7
    tau = np.array([0.0, 0.04, 0.05, 0.1, 0.15, 0.3, 0.7])
    steps = PYNN.switch(refractory_rule=rule).refractory_steps(tau, 0.1)
    assert steps.tolist() == expected
