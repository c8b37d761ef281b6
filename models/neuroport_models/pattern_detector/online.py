"""Online homeostasis: an extension of neuroport's own, not part of the paper.

The paper finds the factor off-line, with a new simulation for every factor. Here one detector goes
on running while its patterns are presented in turn; after each round its factor is raised if one of
them left the output silent, and lowered if all made it fire. Once all have fired the step halves in
every round, so the factor settles just above the smallest that works.

It needs a backend on which static weights can be written between two calls of ``run``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroport_models.pattern_detector.parameters import CELL, DELAY, DRIVE
from neuroport_models.pattern_detector.patterns import bits
from neuroport_models.pattern_detector.weights import Weights

__all__ = ["OnlineResult", "online_homeostasis", "INTERVAL"]

INTERVAL = 200.0  # ms between presentations: ten membrane time constants
_FIRST = 0.5  # factor to begin with
_MOST = 100.0  # as in the paper's search
_ROUNDS = 60


@dataclass(frozen=True)
class OnlineResult:
    """What online homeostasis found.

    Attributes
    ----------
    factor : float or None
        None where the patterns never all fired.
    presentations : int
        Presentations until it had settled.
    history : list of float
        Factor in each round.
    """

    factor: float | None
    presentations: int
    history: list[float]


class _Staircase:
    def __init__(self, until: float) -> None:
        self.factor, self.step, self.until = _FIRST, 1.0, until
        self.good: float | None = None
        self.history: list[float] = []
        self.done = False

    def take(self, all_fired: bool) -> None:
        """Move after a round of presentations."""
        self.history.append(self.factor)
        if all_fired:
            self.good = self.factor
        elif self.good is None:
            self.factor *= 1.0 + self.step
            self.done = self.factor > _MOST
            return
        self.step /= 2.0
        self.factor = (self.good or self.factor) / (1.0 + self.step)
        self.done = self.step < self.until


def online_homeostasis(
    sim: Any,
    detectors: Sequence[tuple[Weights, Sequence[int]]],
    precision: float = 1e-3,
) -> list[OnlineResult]:
    """Scale detectors while they run, side by side in one simulation.

    Parameters
    ----------
    sim : simulator
        Fresh, with steps of 1 ms; it is run but not ended.
    detectors : sequence of (Weights, patterns)
        Learned weights and the patterns that must fire.
    precision : float
        Relative step at which it stops.

    Returns
    -------
    list of OnlineResult
    """
    n_bits = detectors[0][0].n_bits
    rows = [list(dict.fromkeys(patterns)) for _, patterns in detectors]
    most = max(len(row) for row in rows)
    stairs = [_Staircase(precision) for _ in rows]
    # In round r, presentation k, detector d sees its pattern k (the last again where it has fewer).
    when = [(r * most + k) * INTERVAL + 10.0 for r in range(_ROUNDS) for k in range(most)]
    outputs, joins = [], []
    for number, ((weights, _), row) in enumerate(zip(detectors, rows, strict=True)):
        shown = bits([row[min(k, len(row) - 1)] for k in range(most)] * _ROUNDS, n_bits)
        output = sim.Population(
            1, sim.IF_curr_delta(**CELL), label=f"online.output_{number}",
            initial_values={"v": CELL["v_rest"]},
        )
        output.record("spikes")
        mine = []
        for value in (1, 0):
            source = sim.Population(
                n_bits,
                sim.SpikeSourceArray(
                    spike_times=[
                        [t for t, b in zip(when, shown[:, line], strict=True) if b == value]
                        for line in range(n_bits)
                    ]
                ),
                label=f"online.ssp_{value}_{number}",
            )
            injector = sim.Population(
                n_bits, sim.IF_curr_delta(**CELL), label=f"online.injector_{value}_{number}",
                initial_values={"v": CELL["v_rest"]},
            )
            sim.Projection(
                source, injector, sim.OneToOneConnector(),
                sim.StaticSynapse(weight=DRIVE, delay=DELAY), receptor_type="excitatory",
            )
            agree, differ = (
                (weights.ones, weights.zeros) if value == 1 else (weights.zeros, weights.ones)
            )
            for learned, sign, receptor in (
                (agree, 1.0, "excitatory"), (differ, -1.0, "inhibitory")
            ):
                used = np.flatnonzero(learned)
                if not used.size:
                    continue
                signed = sign * learned[used]
                joined = sim.Projection(
                    injector, output,
                    sim.FromListConnector(
                        np.column_stack([used, np.zeros(used.size), signed * _FIRST]),
                        column_names=("weight",),
                    ),
                    sim.StaticSynapse(weight=0.0, delay=DELAY), receptor_type=receptor,
                )
                mine.append((joined, signed))
        outputs.append(output)
        joins.append(mine)
    for round_number in range(_ROUNDS):
        start = round_number * most
        sim.run_until((start + most) * INTERVAL)
        for d, (stair, output) in enumerate(zip(stairs, outputs, strict=True)):
            if stair.done:
                continue
            train = output.get_data("spikes").segments[-1].spiketrains[0]
            shown_in = {int(float(t) // INTERVAL) for t in train.rescale("ms").magnitude}
            stair.take(all(start + k in shown_in for k in range(len(rows[d]))))
            for joined, learned in joins[d]:
                joined.set(weight=learned * stair.factor)
        if all(stair.done for stair in stairs):
            break
    return [
        OnlineResult(stair.good, len(stair.history) * len(row), stair.history)
        for stair, row in zip(stairs, rows, strict=True)
    ]
