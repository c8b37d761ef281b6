"""Detection: lines that agree with the stored bits excite one output cell, others inhibit it.

Many networks and inputs are tried in one simulation. An output cell stands for one network with
one input; what drives the lines (a source and an injector cell for each line) is the same for every
network that gets the same input, so it is there once. Networks share an output population only
where the largest weight and the number of synapses are equal: a machine's weight unit is set for a
population, and each network must get the unit that it would have alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport_models.pattern_detector.banks import banks
from neuroport_models.pattern_detector.parameters import (
    CELL,
    DELAY,
    DRIVE,
    TESTING,
    TIMESTEP,
    TURNS,
)
from neuroport_models.pattern_detector.patterns import bits
from neuroport_models.pattern_detector.weights import Weights

__all__ = ["Case", "Output", "detection_network", "count_spikes", "detect", "detection_time",
           "unit_key"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A network and the inputs to try on it.

    Attributes
    ----------
    weights : Weights
        With the homeostatic factor in them.
    inputs : sequence of int
        Input patterns.
    """

    weights: Weights
    inputs: Sequence[int]


@dataclass(frozen=True, eq=False)
class Output:
    """An output population and what its cells stand for.

    Attributes
    ----------
    cells : Population
    parts : list of (int, ndarray of int, int)
        A case, which of its inputs, and the first of the cells that stand for them.
    """

    cells: Any
    parts: list[tuple[int, IntArray, int]]


def _lines(sim: Any, inputs: list[int], n_bits: int, spike: float, label: str) -> dict[int, Any]:
    """Build sources and injectors for a bank of inputs; return the injectors of ones and zeros."""
    active = bits(inputs, n_bits).ravel()
    # Each cell gets one input, so when it comes changes nothing for it.
    times = spike + TIMESTEP * (np.arange(active.size) // n_bits % TURNS)
    injectors = {}
    for value in (1, 0):
        sources = sim.Population(
            active.size,
            sim.SpikeSourceArray(
                spike_times=[
                    [t] if a == value else [] for t, a in zip(times, active, strict=True)
                ]
            ),
            label=f"{label}.ssp_{value}",
        )
        injectors[value] = sim.Population(
            active.size, sim.IF_curr_delta(**CELL), label=f"{label}.injector_{value}",
            initial_values={"v": CELL["v_rest"]},
        )
        sim.Projection(
            sources, injectors[value], sim.OneToOneConnector(),
            sim.StaticSynapse(weight=DRIVE, delay=DELAY), receptor_type="excitatory",
        )
    return injectors


def unit_key(weights: Weights) -> tuple[float, ...]:
    """Return what a machine's weight unit can depend on."""
    return (
        float(weights.ones.max()), float(weights.zeros.max()),
        int(np.count_nonzero(weights.ones)), int(np.count_nonzero(weights.zeros)),
    )


def detection_network(
    sim: Any, cases: Sequence[Case], spike: float = TESTING["spike"], label: str = "test"
) -> list[Output]:
    """Build the test networks of some cases in a simulator.

    Parameters
    ----------
    sim : simulator
    cases : sequence of Case
        All with the same number of bits.
    spike : float
        Time of the first input (ms); of many, some follow in the 63 steps after it.
    label : str
        Prefix of the labels.

    Returns
    -------
    list of Output
    """
    n_bits = cases[0].weights.n_bits
    groups: dict[tuple[float, ...], list[int]] = {}
    used_by: dict[int, set[int]] = {}
    for number, case in enumerate(cases):
        groups.setdefault(unit_key(case.weights), []).append(number)
    for group, members in enumerate(groups.values()):
        for pattern in (i for member in members for i in cases[member].inputs):
            used_by.setdefault(int(pattern), set()).add(group)
    shared = banks(used_by)
    made = []
    for number, bank in enumerate(shared):
        name = label if len(shared) == 1 else f"{label}.bank_{number}"
        injectors = _lines(sim, bank, n_bits, spike, name)
        place = {pattern: k for k, pattern in enumerate(bank)}
        for group, members in enumerate(groups.values()):
            listeners = [
                (member, np.flatnonzero([int(i) in place for i in cases[member].inputs]))
                for member in members
            ]
            listeners = [(member, asked) for member, asked in listeners if asked.size]
            if listeners:
                made.append(
                    _output(sim, cases, listeners, place, injectors, f"{name}.output_{group}")
                )
    return made


def _output(
    sim: Any,
    cases: Sequence[Case],
    listeners: list[tuple[int, IntArray]],
    place: dict[int, int],
    injectors: dict[int, Any],
    label: str,
) -> Output:
    """Build the output population of cases that share a weight unit, for the inputs of a bank."""
    first = 0
    parts = []
    rows: dict[str, list[FloatArray]] = {"ones": [], "zeros": []}
    for member, asked in listeners:
        weights = cases[member].weights
        lines = weights.n_bits * np.array(
            [place[int(cases[member].inputs[k])] for k in asked], dtype=np.int64
        )
        cell = first + np.arange(asked.size)
        for side in ("ones", "zeros"):
            weight = getattr(weights, side)
            used = np.flatnonzero(weight)
            rows[side].append(
                np.column_stack(
                    [
                        (lines[:, np.newaxis] + used).ravel(),
                        np.repeat(cell, used.size),
                        np.tile(weight[used], asked.size),
                    ]
                )
            )
        parts.append((member, asked, first))
        first += asked.size
    output = sim.Population(
        first, sim.IF_curr_delta(**CELL), label=label, initial_values={"v": CELL["v_rest"]}
    )
    output.record("spikes")
    for line in (1, 0):
        agree, differ = ("ones", "zeros") if line == 1 else ("zeros", "ones")
        _join(sim, injectors[line], output, np.concatenate(rows[agree]), "excitatory")
        _join(sim, injectors[line], output, np.concatenate(rows[differ]), "inhibitory")
    return Output(output, parts)


def _join(sim: Any, pre: Any, post: Any, rows: FloatArray, receptor: str) -> None:
    if not rows.size:
        return
    # In PyNN, inhibition of a current-based cell is a negative current.
    signed = rows * np.array([1.0, 1.0, 1.0 if receptor == "excitatory" else -1.0])
    sim.Projection(
        pre, post, sim.FromListConnector(signed, column_names=("weight",)),
        sim.StaticSynapse(weight=0.0, delay=DELAY), receptor_type=receptor,
    )


def detection_time(cases: Sequence[Case]) -> float:
    """Return how long the test networks must run (ms): 20 for a single input."""
    inputs = len({int(i) for case in cases for i in case.inputs})
    return TESTING["duration"] + TIMESTEP * (min(inputs, TURNS) - 1)


def count_spikes(made: Sequence[Output], cases: Sequence[Case]) -> list[IntArray]:
    """Return for each case the output spikes for each of its inputs."""
    result = [np.zeros(len(case.inputs), dtype=np.int64) for case in cases]
    for output in made:
        counts = output.cells.get_spike_counts()
        spikes = np.array([counts[cell] for cell in output.cells.all_cells], dtype=np.int64)
        for case, asked, first in output.parts:
            result[case][asked] = spikes[first : first + asked.size]
    return result


def detect(sim: Any, cases: Sequence[Case]) -> list[IntArray]:
    """Try inputs on networks, all in one simulation of 20 to 83 ms.

    Parameters
    ----------
    sim : simulator
        Fresh; it is run but not ended.
    cases : sequence of Case

    Returns
    -------
    list of ndarray of int
        For each case, the number of output spikes for each of its inputs.
    """
    made = detection_network(sim, cases)
    sim.run(detection_time(cases))
    return count_spikes(made, cases)
