"""What a backend can do, as data: read from its ``capabilities.toml``, judged and tested alike.

One file per backend package. The generic judge turns what a network asks and a backend lacks into
findings; the conformance suite exercises what it declares and skips what it does not. What cannot
be said here is physics (memory, rows, timing, routing) and belongs to the backend's own passes.

A file looks like this::

    kind = "simulation"             # or "emulated", "hardware"
    deterministic = true

    [cells.IF_curr_exp]             # as neuroport names it; everything left out is PyNN's
    states = ["v"]                  # initial values that can be set

    [synapses]
    StaticSynapse = {}
    TsodyksMarkramSynapse = {}

    [stdp.pair]                     # timing rule = weight dependences
    weights = ["additive", "multiplicative"]

    [numerics]                      # choice = values that are honoured; left out: all
    input_rule = ["exact"]

    [delays]
    shortest = 1                    # time steps
    longest = 4096

    [between_runs]
    parameters = true
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import Any, Literal

from neuroport.errors import FileFormatError, Problem, nearest
from neuroport.network.cells import CELLS
from neuroport.numerics import PYNN

__all__ = [
    "BetweenRuns",
    "Capabilities",
    "CellCapability",
    "Delays",
    "StdpCapability",
    "SynapseCapability",
    "Weights",
    "load_capabilities",
    "read_capabilities",
]

Kind = Literal["simulation", "emulated", "hardware"]
NumericsTable = Mapping[str, tuple[Any, ...]]

SYNAPSES = ("StaticSynapse", "TsodyksMarkramSynapse")
TIMINGS = ("pair", "nearest_pair", "vogels")
WEIGHT_RULES = ("additive", "multiplicative", "additive_multiplicative", "gutig")
CURRENTS = ("DCSource", "ACSource", "StepCurrentSource", "NoisyCurrentSource")


@dataclass(frozen=True, slots=True)
class CellCapability:
    """What a backend has of one cell type.

    Attributes
    ----------
    name : str
        As neuroport names it.
    recordables : tuple of str
        Variables that can be recorded.
    states : tuple of str
        States whose initial value can be set.
    missing : tuple of str
        Parameters that it does not have: only PyNN's default value is accepted.
    uniform : tuple of str
        Parameters that must be the same in all cells of a population.
    numerics : mapping of str to tuple
        Choice -> values, where fewer are honoured for this cell than by the backend in general.
    scheme : str
        How its equations are integrated where they have no closed solution; empty: exactly.
    last_sample : tuple of str
        Recordables whose sample of the present moment is missing.
    """

    name: str
    recordables: tuple[str, ...]
    states: tuple[str, ...]
    missing: tuple[str, ...] = ()
    uniform: tuple[str, ...] = ()
    numerics: NumericsTable = field(default_factory=dict)
    scheme: str = ""
    last_sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SynapseCapability:
    """What a backend has of a synapse type that is no STDP.

    Attributes
    ----------
    uniform : tuple of str
        Parameters that must be the same in all synapses of a projection.
    numerics : mapping of str to tuple
        As for cells.
    """

    uniform: tuple[str, ...] = ()
    numerics: NumericsTable = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StdpCapability:
    """What a backend has of a timing rule.

    Attributes
    ----------
    weights : tuple of str
        Weight dependences that go with it.
    uniform : tuple of str
        Parameters that must be the same in all synapses of a projection.
    dendritic_fractions : tuple of float
        Values of ``dendritic_delay_fraction`` that are honoured; empty: any.
    several_spikes : bool
        Whether several presynaptic spikes of one cell in one step are handled.
    numerics : mapping of str to tuple
        As for cells.
    """

    weights: tuple[str, ...]
    uniform: tuple[str, ...] = ()
    dendritic_fractions: tuple[float, ...] = ()
    several_spikes: bool = True
    numerics: NumericsTable = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delays:
    """Delays in time steps.

    Attributes
    ----------
    shortest : int
        1 or more.
    longest : int or None
        None: as long as memory allows.
    """

    shortest: int = 1
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How weights are stored.

    Attributes
    ----------
    grid : str
        Name of a grid registered with the numerics (``ring_buffer``); empty: double precision.
    signed : bool
        Whether weights into one receptor may have either sign.
    """

    grid: str = ""
    signed: bool = True


@dataclass(frozen=True, slots=True)
class BetweenRuns:
    """What may change after a run without a reset.

    Attributes
    ----------
    parameters, states, weights, synapse_parameters, recordings, spike_times, currents : bool
        Cell parameters, states, weights, other synapse parameters, more recordings, spike times
        and rates of sources, injected currents.
    """

    parameters: bool = True
    states: bool = True
    weights: bool = True
    synapse_parameters: bool = True
    recordings: bool = True
    spike_times: bool = True
    currents: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Everything that a backend declares.

    Attributes
    ----------
    kind : {"simulation", "emulated", "hardware"}
    deterministic : bool
        Whether two runs of one network give the same spikes, whatever the machine does besides.
    cells : mapping of str to CellCapability
        Cell types and spike sources, by name.
    cells_by_equations, synapses_by_equations : bool
        Whether models given by their equations run.
    composed_cells : tuple of str
        Membranes (``leaky``, ``adaptive_exponential``) that can be composed with receptors of any
        name and number (``PointNeuron``).
    nearest : mapping of str to str
        Cell or synapse type that is missing -> the nearest that is there.
    synapses : mapping of str to SynapseCapability
    stdp : mapping of str to StdpCapability
        By timing rule.
    currents : tuple of str
        Kinds of current sources.
    numerics : mapping of str to tuple
        Choice -> values that are honoured; a choice that is left out is honoured with any value.
    numerics_block : bool
        Whether a choice that is not honoured is an error; else a warning that says what is used.
    delays : Delays
    weights : Weights
    several_spikes : bool
        Whether several spikes of one source in one step are all delivered.
    between_runs : BetweenRuns
    machines : str
        Family of the machine descriptions that it runs on; empty: this computer.
    codes : mapping of str to str
        What is lacking (``cell``, ``synapse``, ``stdp``, ``recordable``, ``current``,
        ``numerics``, ``delay``, ``parameter``, ``uniform``, ``state``) -> a finding code of the
        backend's own; left out: the general one.
    why : mapping of str to str
        The same keys -> the reason, in a sentence.
    """

    kind: Kind
    deterministic: bool
    cells: Mapping[str, CellCapability]
    cells_by_equations: bool = False
    synapses_by_equations: bool = False
    composed_cells: tuple[str, ...] = ()
    nearest: Mapping[str, str] = field(default_factory=dict)
    synapses: Mapping[str, SynapseCapability] = field(default_factory=dict)
    stdp: Mapping[str, StdpCapability] = field(default_factory=dict)
    currents: tuple[str, ...] = ()
    numerics: NumericsTable = field(default_factory=dict)
    numerics_block: bool = True
    delays: Delays = Delays()
    weights: Weights = Weights()
    several_spikes: bool = True
    between_runs: BetweenRuns = BetweenRuns()
    machines: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)


# TOML has no null: a numerics choice that is None is written so.
_NOTHING = "none"


def read_capabilities(text: str, where: str) -> Capabilities:
    """Return the capabilities in a TOML text.

    Parameters
    ----------
    text : str
        The file's content.
    where : str
        How errors name it.

    Raises
    ------
    FileFormatError
        With every unknown or wrong entry.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileFormatError(Problem("not a TOML file", str(error)), where=where) from None
    reader = _Reader()
    made = reader.capabilities(data)
    if reader.problems:
        raise FileFormatError(reader.problems, where=where)
    return made


def load_capabilities(package: str, name: str = "capabilities.toml") -> Capabilities:
    """Return the capabilities in a file of a package.

    Raises
    ------
    FileFormatError
        With every unknown or wrong entry.
    """
    return read_capabilities((files(package) / name).read_text("utf-8"), f"{package}/{name}")


class _Reader:
    """Turns TOML into objects and collects all that is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def capabilities(self, data: dict[str, Any]) -> Capabilities:
        names = [f.name for f in fields(Capabilities)]
        self._known(data, names, "the file")
        if data.get("kind") not in ("simulation", "emulated", "hardware"):
            self.problems.append(Problem("'kind' is missing or wrong", repr(data.get("kind")),
                                         "simulation, emulated or hardware"))
        simple = {k: data[k] for k in ("kind", "cells_by_equations", "synapses_by_equations",
                                       "numerics_block", "several_spikes", "machines") if k in data}
        return Capabilities(
            deterministic=bool(data.get("deterministic", True)),
            cells={k: self._cell(k, v) for k, v in data.get("cells", {}).items()},
            synapses={k: self._part(SynapseCapability, v, f"synapses.{k}")
                      for k, v in data.get("synapses", {}).items() if self._of(k, SYNAPSES)},
            stdp={k: self._stdp(k, v) for k, v in data.get("stdp", {}).items()
                  if self._of(k, TIMINGS)},
            composed_cells=tuple(data.get("composed_cells", ())),
            currents=tuple(c for c in data.get("currents", ()) if self._of(c, CURRENTS)),
            numerics=self._numerics(data.get("numerics", {}), "numerics"),
            delays=self._part(Delays, data.get("delays", {}), "delays"),
            weights=self._part(Weights, data.get("weights", {}), "weights"),
            between_runs=self._part(BetweenRuns, data.get("between_runs", {}), "between_runs"),
            nearest=dict(data.get("nearest", {})),
            codes=dict(data.get("codes", {})),
            why=dict(data.get("why", {})),
            **simple,
        )

    def _known(self, given: Mapping[str, Any], names: Any, where: str) -> None:
        for name in given:
            if name not in names:
                near = nearest(name, list(names))
                self.problems.append(
                    Problem(f"{where} has no entry '{name}'", limit=", ".join(names),
                            fix=f"did you mean '{near[0]}'?" if near else "")
                )

    def _of(self, name: str, names: tuple[str, ...]) -> bool:
        self._known({name: None}, names, "PyNN")
        return name in names

    def _numerics(self, given: Mapping[str, Any], where: str) -> NumericsTable:
        self._known(given, [n for n in PYNN.as_dict() if n != "name"], f"[{where}]")
        return {
            name: tuple(None if v == _NOTHING else v
                        for v in (values if isinstance(values, list) else [values]))
            for name, values in given.items()
        }

    def _part(self, kind: Any, given: Mapping[str, Any], where: str) -> Any:
        names = [f.name for f in fields(kind)]
        self._known(given, names, f"[{where}]")
        values = {k: tuple(v) if isinstance(v, list) else v
                  for k, v in given.items() if k in names}
        if "numerics" in values:
            values["numerics"] = self._numerics(given["numerics"], f"{where}.numerics")
        return kind(**values)

    def _stdp(self, name: str, given: Mapping[str, Any]) -> StdpCapability:
        made: StdpCapability = self._part(
            StdpCapability, {"weights": [], **given}, f"stdp.{name}")
        for rule in made.weights:
            self._of(rule, WEIGHT_RULES)
        return made

    def _cell(self, name: str, given: Mapping[str, Any]) -> CellCapability:
        if name not in CELLS:
            self._known({name: None}, list(CELLS), "[cells]")
            return CellCapability(name, (), ())
        recordable = CELLS[name][2]
        states = tuple(r for r in recordable if r != "spikes")
        made: CellCapability = self._part(
            CellCapability,
            {"name": name, "recordables": list(recordable), "states": list(states), **given},
            f"cells.{name}",
        )
        self._known(dict.fromkeys(made.recordables), recordable, f"[cells.{name}] recordables")
        self._known(dict.fromkeys(made.states), states, f"[cells.{name}] states")
        return made
