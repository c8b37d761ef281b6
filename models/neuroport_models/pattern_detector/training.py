"""Training: a teacher spike between presentations marks the active lines of a pattern.

Several patterns are trained side by side, each in a copy of the network; copies share nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroport_models.pattern_detector.parameters import (
    CELL,
    DELAY,
    DRIVE,
    STDP,
    TIMESTEP,
    TRAINING,
)
from neuroport_models.pattern_detector.patterns import bits, checked
from neuroport_models.pattern_detector.weights import Weights

__all__ = ["TrainingRun", "training_network", "train_patterns"]


@dataclass(frozen=True)
class TrainingRun:
    """What training gave.

    Attributes
    ----------
    pattern : int
    weights : Weights
    spikes : dict of str to list of float
        Spike times (ms) of the two output cells, ``exc`` and ``inh``, from the beginning of this
        pattern's training.
    """

    pattern: int
    weights: Weights
    spikes: dict[str, list[float]]


def training_network(
    sim: Any, patterns: Sequence[int], n_bits: int, label: str = "train"
) -> dict[str, Any]:
    """Build the training networks of some patterns in a simulator.

    Parameters
    ----------
    sim : simulator
        Anything with PyNN's interface, a time step of 1 ms and the chip's numerics.
    patterns : sequence of int
    n_bits : int
    label : str
        Prefix of the labels.

    Returns
    -------
    dict of str to Population or Projection
        ``output_exc``, ``output_inh``, ``plastic_exc``, ``plastic_inh`` and the rest by name. The
        lines of copy c are cells c·n_bits to (c+1)·n_bits − 1.
    """
    patterns = checked(patterns, n_bits, "training_network")
    copies = len(patterns)
    active = bits(patterns, n_bits).ravel().astype(bool)
    turn = _turns(copies)
    line_turn = np.repeat(turn, n_bits)
    turns = np.unique(turn)

    def times(on: Any, when: Any) -> list[list[float]]:
        return [[w + TIMESTEP * t for w in when] if a else []
                for a, t in zip(on, line_turn, strict=True)]

    def in_turn(when: float) -> list[list[float]]:
        return [[when + TIMESTEP * float(t)] for t in turns]

    def sources(name: str, size: int, spike_times: Any) -> Any:
        return sim.Population(
            size, sim.SpikeSourceArray(spike_times=spike_times), label=f"{label}.{name}"
        )

    def cells(name: str, size: int) -> Any:
        return sim.Population(
            size, sim.IF_curr_delta(**CELL), label=f"{label}.{name}",
            initial_values={"v": CELL["v_rest"]},
        )

    n = copies * n_bits
    part = {
        "ssp_1": sources("ssp_1", n, times(active, TRAINING["one"])),
        "ssp_0": sources("ssp_0", n, times(~active, TRAINING["zero"])),
        "teacher": sources("teacher", turns.size, in_turn(TRAINING["teacher"])),
        "save": sources("save", turns.size, in_turn(TRAINING["save"])),
        "injector_exc": cells("injector_exc", n),
        "injector_inh": cells("injector_inh", n),
        "output_exc": cells("output_exc", copies),
        "output_inh": cells("output_inh", copies),
    }

    def drive(pre: str, post: str, connector: Any, delay: float = DELAY) -> None:
        sim.Projection(
            part[pre], part[post], connector, sim.StaticSynapse(weight=DRIVE, delay=delay),
            receptor_type="excitatory",
        )

    drive("ssp_1", "injector_exc", sim.OneToOneConnector())
    drive("ssp_0", "injector_inh", sim.OneToOneConnector())
    lines = [(line, line // n_bits) for line in range(n)]
    for side, receptor in (("exc", "excitatory"), ("inh", "inhibitory")):
        drive("save", f"injector_{side}", _listed(sim, line_turn))
        drive("teacher", f"output_{side}", _listed(sim, turn), TRAINING["teacher_delay"])
        part[f"plastic_{side}"] = sim.Projection(
            part[f"injector_{side}"],
            part[f"output_{side}"],
            sim.FromListConnector(lines, column_names=()),
            sim.STDPMechanism(
                timing_dependence=sim.SpikeNearestPairRule(
                    tau_plus=STDP["tau_plus"], tau_minus=STDP["tau_minus"],
                    A_plus=STDP["A_plus"], A_minus=STDP["A_minus"],
                ),
                weight_dependence=sim.AdditiveWeightDependence(
                    w_min=STDP["w_min"], w_max=STDP["w_max"]
                ),
                weight=0.0,
                delay=DELAY,
            ),
            receptor_type=receptor,
            label=f"{label}.plastic_{side}",
        )
        part[f"output_{side}"].record("spikes")
    return part


def train_patterns(sim: Any, patterns: Sequence[int], n_bits: int = 10) -> list[TrainingRun]:
    """Train patterns, each by itself, in one simulation of 75 ms, longer by 1 ms for each 8 more.

    Parameters
    ----------
    sim : simulator
        Fresh; it is run but not ended.
    patterns : sequence of int
    n_bits : int

    Returns
    -------
    list of TrainingRun
        In the order of the patterns.
    """
    part = training_network(sim, patterns, n_bits)
    turn = _turns(len(patterns))
    sim.run(TRAINING["duration"] + TIMESTEP * float(turn.max()))
    learned = {}
    for side in ("exc", "inh"):
        rows = part[f"plastic_{side}"].get("weight", "list", with_address=True)
        values = np.full(len(patterns) * n_bits, np.nan)
        for pre, _, weight in rows:
            values[int(pre)] = abs(weight)
        learned[side] = values.reshape(len(patterns), n_bits)
    spikes = {side: _spikes(part[f"output_{side}"]) for side in ("exc", "inh")}
    return [
        TrainingRun(
            pattern,
            Weights(learned["exc"][c], learned["inh"][c]),
            {side: [t - TIMESTEP * float(turn[c]) for t in spikes[side].get(c, [])]
             for side in ("exc", "inh")},
        )
        for c, pattern in enumerate(patterns)
    ]


def _turns(copies: int) -> Any:
    """Return for each copy how many steps later than the first ones it begins."""
    return np.arange(copies) // TRAINING["at_once"]


def _listed(sim: Any, turn: Any) -> Any:
    """Connect the source of each turn with its cells."""
    return sim.FromListConnector(
        [(int(t), cell) for cell, t in enumerate(turn)], column_names=()
    )


def _spikes(population: Any) -> dict[int, list[float]]:
    segment = population.get_data("spikes").segments[-1]
    return {
        int(train.annotations["source_index"]): [float(t) for t in train.rescale("ms").magnitude]
        for train in segment.spiketrains
    }
