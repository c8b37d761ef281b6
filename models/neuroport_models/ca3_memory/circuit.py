"""The populations and projections of the CA3 memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neuroport_models.ca3_memory.parameters import (
    CELL_A,
    CELL_B,
    OUTPUT_THRESHOLD,
    STDP,
    V_INITIAL,
    WEIGHT,
)

__all__ = ["Circuit", "build"]


@dataclass(frozen=True)
class Circuit:
    """The parts of a memory.

    Attributes
    ----------
    populations : dict of str to Population
        By the short names of the paper's figures.
    cue_to_content, content_to_cue : Projection
        The two plastic projections.
    """

    populations: dict[str, Any]
    cue_to_content: Any
    content_to_cue: Any


def build(
    sim: Any, n_cues: int, n_contents: int, memories: Mapping[int, frozenset[int]], label: str
) -> Circuit:
    """Build the memory in a simulator.

    Parameters
    ----------
    sim : simulator
        Anything with PyNN's interface.
    n_cues, n_contents : int
        Number of cue and content cells.
    memories : mapping of int to frozenset of int
        Memories that are there from the beginning: cue -> content cells.
    label : str
        Prefix of the populations' labels.
    """
    c, n = n_cues, n_contents

    def cells(name: str, size: int, parameters: Mapping[str, float]) -> Any:
        return sim.Population(
            size, sim.IF_curr_exp(**parameters), label=f"{label}.{name}",
            initial_values={"v": V_INITIAL},
        )

    p: dict[str, Any] = {
        "IN": sim.Population(c + n, sim.SpikeSourceArray(spike_times=[]), label=f"{label}.IN"),
        "S1Cue": cells("S1Cue", c, CELL_A),
        "S1Cont": cells("S1Cont", n, CELL_A),
        "S2Cond": cells("S2Cond", n, CELL_B),
        "S2Int": cells("S2Int", 1, CELL_B),
        "S2Cue": cells("S2Cue", c, CELL_B),
        "S2Cont": cells("S2Cont", n, CELL_A),
        "MergeCue": cells("MergeCue", c, CELL_A),
        "MergeCont": cells("MergeCont", n, CELL_A),
        "OUT": cells("OUT", c + n, {**CELL_A, "v_thresh": OUTPUT_THRESHOLD}),
    }
    drive, to_condition = WEIGHT["drive"], WEIGHT["content_to_condition"]
    # Strong enough to cancel one spike from every content cell. In PyNN, inhibition of a
    # current-based cell is a negative current.
    stop_cue = -WEIGHT["inhibition_per_content"] * n

    def join(pre: Any, post: Any, connector: Any, weight: float, delay: float,
             receptor: str = "excitatory") -> None:
        sim.Projection(
            pre, post, connector, sim.StaticSynapse(weight=weight, delay=delay),
            receptor_type=receptor,
        )

    one = sim.OneToOneConnector
    everyone = sim.AllToAllConnector

    def others() -> Any:
        """All to all but the cell of the same number, also between two populations."""
        return sim.FromListConnector(
            [(i, j) for i in range(c) for j in range(c) if i != j], column_names=()
        )

    join(p["IN"][:c], p["S1Cue"], one(), drive, 1.0)
    join(p["IN"][c:], p["S1Cont"], one(), drive, 1.0)
    join(p["S1Cue"], p["S2Cue"], one(), drive, 2.0)
    if c > 1:
        join(p["S1Cue"], p["S2Cue"], others(), stop_cue, 3.0, "inhibitory")
    join(p["S1Cue"], p["S2Cond"], everyone(), -drive, 2.0, "inhibitory")
    join(p["S1Cont"], p["S2Cond"], one(), to_condition, 1.0)
    join(p["S1Cont"], p["S2Int"], everyone(), drive, 1.0)
    join(p["S2Int"], p["S2Cond"], everyone(), WEIGHT["interneuron"], 1.0)
    join(p["S2Cond"], p["S2Cont"], one(), drive, 1.0)
    if c > 1:
        join(p["S2Cue"], p["S2Cue"], others(), stop_cue, 2.0, "inhibitory")
    join(p["S1Cue"], p["MergeCue"], one(), drive, 3.0)
    join(p["S2Cue"], p["MergeCue"], one(), drive, 1.0)
    join(p["S1Cont"], p["MergeCont"], one(), drive, 3.0)
    join(p["S2Cont"], p["MergeCont"], one(), drive, 1.0)
    join(p["MergeCue"], p["OUT"][:c], one(), drive, 1.0)
    join(p["MergeCont"], p["OUT"][c:], one(), drive, 1.0)

    def plastic(pre: Any, post: Any, rows: list[tuple[int, int, float]]) -> Any:
        return sim.Projection(
            pre, post, sim.FromListConnector(rows, column_names=("weight",)),
            sim.STDPMechanism(
                timing_dependence=sim.SpikePairRule(
                    tau_plus=STDP["tau_plus"], tau_minus=STDP["tau_minus"],
                    A_plus=STDP["A_plus"], A_minus=STDP["A_minus"],
                ),
                weight_dependence=sim.AdditiveWeightDependence(
                    w_min=STDP["w_min"], w_max=STDP["w_max"]
                ),
                weight=0.0,
                delay=1.0,
            ),
            receptor_type="excitatory",
        )

    full = STDP["w_max"]

    def known(cue: int, bit: int) -> float:
        return full if bit in memories.get(cue, frozenset()) else 0.0

    cue_to_content = plastic(
        p["S1Cue"], p["S1Cont"],
        [(i, j, known(i, j)) for j in range(n) for i in range(c)],
    )
    content_to_cue = plastic(
        p["S2Cont"], p["S2Cue"],
        [(j, i, known(i, j)) for i in range(c) for j in range(n)],
    )
    return Circuit(p, cue_to_content, content_to_cue)
