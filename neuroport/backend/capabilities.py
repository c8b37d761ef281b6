"""What a backend can do, as data: declared in its ``capabilities.toml``, judged and tested alike.

One file per backend package. The generic judge (:mod:`neuroport.findings.judge`) turns what a
network asks and a backend lacks into findings; the conformance suite exercises what is declared
and skips what is not. What cannot be said here is physics (memory, rows, timing, routing) and
belongs to the backend's own passes.

A file looks like this::

    kind = "simulation"             # or "emulated", "hardware"
    deterministic = true
    currents = ["DCSource"]

    [cells.IF_curr_exp]             # as neuroport names it; everything left out is PyNN's
    fixed_states = {isyn_exc = 0.0, isyn_inh = 0.0}  # cannot be set; what they start from

    [composed_cells.leaky]          # PointNeuron, by membrane
    [cells_by_equations]
    [synapses.StaticSynapse]
    [synapses_by_equations]

    [stdp.pair]                     # timing rule = weight dependences
    weights = ["additive", "multiplicative"]

    [numerics]                      # choice = values that are honoured; left out: all
    input_rule = "exact"
    decay_bits = "none"             # None

    [delays]
    shortest = 1                    # time steps

    [between_runs]
    recordings = false              # what cannot change after a run

    [refusals.cell]                 # how a lack is told; left out: in general words
    code = "NP310"
    why = "there is no binary with it"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import Any, Literal

from neuroport.network.cells import CELLS, CellModel
from neuroport.network.synapses import BY_EQUATIONS, TIMING_RULES, WEIGHT_RULES, SynapseModel

__all__ = [
    "BetweenRuns",
    "Capabilities",
    "CellCapability",
    "Delays",
    "LACKS",
    "Refusal",
    "StdpCapability",
    "SynapseCapability",
    "Weights",
]

Kind = Literal["simulation", "emulated", "hardware"]
NumericsTable = Mapping[str, tuple[Any, ...]]

SYNAPSES = ("StaticSynapse", "TsodyksMarkramSynapse", *BY_EQUATIONS)
CURRENTS = ("DCSource", "ACSource", "StepCurrentSource", "NoisyCurrentSource")
COMPOSED = ("leaky", "adaptive_exponential")


@dataclass(frozen=True, slots=True)
class CellCapability:
    """What a backend has of one cell type.

    Attributes
    ----------
    name : str
        As neuroport names it; empty for composed cells and cells by equations, which have
        variables of their own.
    recordables : tuple of str
        Variables that can be recorded.
    states : tuple of str
        States whose initial value can be set.
    fixed_states : mapping of str to float
        States that cannot be set, with the value that they start from.
    fixed_parameters : mapping of str to float
        Parameters that the engine lacks, with the value that it always has.
    uniform : tuple of str
        Parameters that must be the same in all cells of a population.
    numerics : mapping of str to tuple
        Choice -> values under which the cell is there, where these are fewer than the backend's.
    scheme : str
        How its equations are integrated where they have no closed solution; empty: exactly.
    without_last_sample : tuple of str
        Recordables whose sample of the present moment is missing.
    """

    name: str = ""
    recordables: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    fixed_states: Mapping[str, float] = field(default_factory=dict)
    fixed_parameters: Mapping[str, float] = field(default_factory=dict)
    uniform: tuple[str, ...] = ()
    numerics: NumericsTable = field(default_factory=dict)
    scheme: str = ""
    without_last_sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SynapseCapability:
    """What a backend has of a synapse type.

    Attributes
    ----------
    fixed_parameters : mapping of str to float
        Parameters that the engine lacks, with the value that it always has.
    uniform : tuple of str
        Parameters that must be the same in all synapses of a projection.
    set_before_a_run : tuple of str
        Parameters that cannot be changed after a run.
    several_spikes : bool
        Whether several presynaptic spikes of one cell in one step are handled.
    numerics : mapping of str to tuple
        Choice -> values under which it is there, where these are fewer than the backend's.
    """

    fixed_parameters: Mapping[str, float] = field(default_factory=dict)
    uniform: tuple[str, ...] = ()
    set_before_a_run: tuple[str, ...] = ()
    several_spikes: bool = True
    numerics: NumericsTable = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StdpCapability(SynapseCapability):
    """What a backend has of a timing rule.

    Attributes
    ----------
    weights : tuple of str
        Weight dependences that go with it.
    dendritic_fractions : tuple of float
        Values of ``dendritic_delay_fraction`` that are honoured; empty: any.
    """

    weights: tuple[str, ...] = ()
    dendritic_fractions: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays in time steps.

    Attributes
    ----------
    shortest : int
        1 or more.
    shortest_between_cells : int
        Shortest delay from cells that are no spike sources, under the step rule and whatever the
        cells; the backend's own checks may allow shorter ones for some.
    longest : int or None
        None: as long as memory allows.
    """

    shortest: int = 1
    shortest_between_cells: int = 1
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How weights are stored.

    Attributes
    ----------
    grid : str
        Name of a grid registered with the numerics (``ring_buffer``); empty: double precision.
    one_sign : tuple of str
        Kinds of receptors whose weights must all have PyNN's sign: 0 or below for a current-based
        inhibitory one, else 0 or above. Left out: weights of either sign are kept.
    """

    grid: str = ""
    one_sign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BetweenRuns:
    """What may change after a run without a reset.

    Attributes
    ----------
    parameters, states, weights, synapse_parameters, recordings, spike_times, currents : bool
        Cell parameters, states, weights, other synapse parameters, more recordings, spike times
        and rates of sources, injected currents.
    objects : bool
        New populations and projections; needs ``state``.
    """

    parameters: bool = True
    states: bool = True
    weights: bool = True
    synapse_parameters: bool = True
    recordings: bool = True
    spike_times: bool = True
    currents: bool = True
    objects: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a backend tells that it lacks something.

    Attributes
    ----------
    code : str
        A finding code of the backend's own; empty: the general one.
    why : str
        The reason, in a sentence; empty: in general words.
    fixes : tuple of str
        Ways out besides the nearest thing that is there.
    """

    code: str = ""
    why: str = ""
    fixes: tuple[str, ...] = ()


LACKS: Mapping[str, Refusal] = {
    name: Refusal(**told) for name, told in tomllib.loads(
        files("neuroport.backend").joinpath("lacks.toml").read_text("utf-8")).items()
}
"""What a backend can lack -> how it is told in general; keys of `Capabilities.refusals`."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything that a backend declares.

    Attributes
    ----------
    kind : {"simulation", "emulated", "hardware"}
    deterministic : bool
        Whether two runs of one network give the same spikes, whatever the machine does besides.
    state : bool
        Whether the whole state of a network can be handed out and gone on from: what saving it,
        and new populations and projections after a run, need.
    cells : mapping of str to CellCapability
        Cell types and spike sources, by name.
    composed_cells : mapping of str to CellCapability
        Membranes (``leaky``, ``adaptive_exponential``) that can be composed with receptors of any
        name and number (``PointNeuron``).
    cells_by_equations : CellCapability or None
    synapses : mapping of str to SynapseCapability
        Synapse types that are no STDP, by name.
    synapses_by_equations : SynapseCapability or None
    stdp : mapping of str to StdpCapability
        By timing rule.
    nearest : mapping of str to str
        Cell or synapse type that is missing -> the nearest that is there; left out: the one most
        alike.
    currents : tuple of str
        Kinds of current sources.
    numerics : mapping of str to tuple
        Choice -> values that are honoured; a choice that is left out is honoured with any value.
        Where a network asks for another one that matters to it, that is a finding.
    delays : Delays
    weights : Weights
    between_runs : BetweenRuns
    machines : str
        Family of the machine descriptions that it runs on; empty: this computer.
    recording_step : float or None
        Smallest step of recorded variables (mV, nA or µS); None: double precision.
    refusals : mapping of str to Refusal
        A key of :data:`LACKS` -> how it is told.
    """

    kind: Kind
    deterministic: bool
    cells: Mapping[str, CellCapability]
    state: bool = False
    composed_cells: Mapping[str, CellCapability] = field(default_factory=dict)
    cells_by_equations: CellCapability | None = None
    synapses: Mapping[str, SynapseCapability] = field(default_factory=dict)
    synapses_by_equations: SynapseCapability | None = None
    stdp: Mapping[str, StdpCapability] = field(default_factory=dict)
    nearest: Mapping[str, str] = field(default_factory=dict)
    currents: tuple[str, ...] = ()
    numerics: NumericsTable = field(default_factory=dict)
    delays: Delays = Delays()
    weights: Weights = Weights()
    between_runs: BetweenRuns = BetweenRuns()
    machines: str = ""
    recording_step: float | None = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)

    def cell(self, model: CellModel) -> CellCapability | None:
        """Return what there is of a cell type; None where it is missing."""
        if model.own:
            return self.cells_by_equations
        if model.name in CELLS:
            return self.cells.get(model.name)
        return self.composed_cells.get(model.membrane)

    def synapse(self, model: SynapseModel) -> SynapseCapability | None:
        """Return what there is of a synapse type; None where it is missing."""
        if model.own:
            return self.synapses_by_equations
        if model.kind != "stdp":
            return self.synapses.get(model.name)
        rule = self.stdp.get(model.timing)
        return rule if rule is not None and model.weight_dependence in rule.weights else None

    def summary(self) -> dict[str, list[str]]:
        """Return what there is, in PyNN's words, by subject; subjects with nothing are left out."""
        by_equations = [name for name, there in (
            ("cells", self.cells_by_equations), ("synapses", self.synapses_by_equations)) if there]
        found = {
            "cells": list(self.cells),
            "composed cells": [f"PointNeuron ({membrane})" for membrane in self.composed_cells],
            "by equations": by_equations,
            "synapses": list(self.synapses),
            "plasticity": [
                f"{TIMING_RULES[timing]} with {' or '.join(WEIGHT_RULES[w] for w in rule.weights)}"
                for timing, rule in self.stdp.items()],
            "currents": list(self.currents),
            "numerics, if not all": [
                f"{choice}: {' or '.join(map(str, values))}"
                for choice, values in self.numerics.items()],
            "state": ["saved and restored"] * self.state,
            "fixed once it has run": [
                f.name for f in fields(self.between_runs)
                if not getattr(self.between_runs, f.name)
                or (f.name == "objects" and not self.state)],
        }
        return {subject: entries for subject, entries in found.items() if entries}
