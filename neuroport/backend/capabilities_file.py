"""Reading the file of a backend's capabilities; all that is wrong with it at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

from neuroport.backend.capabilities import (
    COMPOSED,
    CURRENTS,
    LACKS,
    SYNAPSES,
    BetweenRuns,
    Capabilities,
    CellCapability,
    Delays,
    NumericsTable,
    Refusal,
    StdpCapability,
    SynapseCapability,
    Weights,
)
from neuroport.errors import FileFormatError, Problem, UnknownNumericsError, unknown_name
from neuroport.network.cells import CELLS, RECEPTOR_KINDS
from neuroport.network.synapses import TIMING_RULES, WEIGHT_RULES
from neuroport.numerics import PYNN

__all__ = ["load_capabilities", "read_capabilities"]

# TOML has no null: a numerics choice that is None is written so.
_NOTHING = "none"
_CHOICES = tuple(name for name in PYNN.as_dict() if name != "name")


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
        self._known(data, [f.name for f in fields(Capabilities)], "the file")
        if data.get("kind") not in ("simulation", "emulated", "hardware"):
            self.problems.append(Problem("'kind' is missing or wrong", repr(data.get("kind")),
                                         "simulation, emulated or hardware"))
        made = Capabilities(
            kind=data.get("kind", "simulation"),
            deterministic=self._of_type(data, "deterministic", bool, True),
            state=self._of_type(data, "state", bool, False),
            cells={k: self._cell(k, v) for k, v in self._table(data, "cells", tuple(CELLS))},
            composed_cells={
                k: self._part(CellCapability, v, f"composed_cells.{k}")
                for k, v in self._table(data, "composed_cells", COMPOSED)},
            cells_by_equations=self._optional(CellCapability, data, "cells_by_equations"),
            synapses={k: self._part(SynapseCapability, v, f"synapses.{k}")
                      for k, v in self._table(data, "synapses", SYNAPSES)},
            synapses_by_equations=self._optional(SynapseCapability, data, "synapses_by_equations"),
            stdp={k: self._stdp(k, v) for k, v in self._table(data, "stdp", tuple(TIMING_RULES))},
            nearest=dict(self._of_type(data, "nearest", dict, {})),
            currents=tuple(c for c in self._of_type(data, "currents", list, [])
                           if self._is_one_of(c, CURRENTS, "[currents]")),
            numerics=self._numerics(data.get("numerics", {}), "numerics"),
            delays=self._part(Delays, data.get("delays", {}), "delays"),
            weights=self._part(Weights, data.get("weights", {}), "weights"),
            between_runs=self._part(BetweenRuns, data.get("between_runs", {}), "between_runs"),
            machines=self._of_type(data, "machines", str, ""),
            recording_step=self._of_type(data, "recording_step", float, None),
            refusals={k: self._part(Refusal, v, f"refusals.{k}")
                      for k, v in self._table(data, "refusals", tuple(LACKS))},
        )
        for near in made.nearest.values():
            self._is_one_of(near, (*made.cells, *made.synapses), "[nearest]")
        for kind in made.weights.one_sign:
            self._is_one_of(kind, tuple(RECEPTOR_KINDS), "[weights] one_sign")
        return made

    def _of_type(self, data: Mapping[str, Any], name: str, kind: type, default: Any) -> Any:
        value = data.get(name, default)
        if value is default or isinstance(value, kind):
            return value
        self.problems.append(Problem(f"'{name}' cannot be {value!r}", limit=kind.__name__))
        return default

    def _known(self, given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
        for name in given:
            self._is_one_of(name, names, where)

    def _is_one_of(self, name: str, names: Sequence[str], where: str) -> bool:
        if name in names:
            return True
        self.problems.append(unknown_name(f"{where} has no entry '{name}'", name, names))
        return False

    def _table(
        self, data: Mapping[str, Any], name: str, names: tuple[str, ...]
    ) -> list[tuple[str, Any]]:
        """Return the entries of a table whose keys are known."""
        table = self._of_type(data, name, dict, {})
        return [(k, v) for k, v in table.items() if self._is_one_of(k, names, f"[{name}]")]

    def _numerics(self, given: Mapping[str, Any], where: str) -> NumericsTable:
        found: dict[str, tuple[Any, ...]] = {}
        for name, values in given.items():
            if not self._is_one_of(name, _CHOICES, f"[{where}]"):
                continue
            values = values if isinstance(values, list) else [values]
            found[name] = tuple(None if v == _NOTHING else v for v in values)
            for value in found[name]:
                if isinstance(value, str) and name.endswith("_weight_step"):
                    continue  # a grid, which may belong to a package that is not there
                try:
                    PYNN.switch(**{name: value})
                except UnknownNumericsError as error:
                    self.problems += error.problems
        return found

    def _part(self, kind: Any, given: Any, where: str) -> Any:
        """Return an object of a dataclass, from entries that have the types of its fields."""
        if not isinstance(given, dict):
            self.problems.append(Problem(f"[{where}] is not a table", repr(given)))
            return kind()
        known = {f.name: f for f in fields(kind)}
        self._known(given, list(known), f"[{where}]")
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name == "numerics":
                values[name] = self._numerics(value, f"{where}.numerics")
            elif name in known:
                default = getattr(_EMPTY[kind], name)
                allowed: Any = list if isinstance(default, tuple) else type(default)
                if default is None:
                    allowed = int
                checked = self._of_type({name: value}, name, allowed, default)
                values[name] = tuple(checked) if isinstance(checked, list) else checked
        return kind(**values)

    def _optional(self, kind: Any, data: Mapping[str, Any], name: str) -> Any:
        return self._part(kind, data[name], name) if name in data else None

    def _stdp(self, name: str, given: Any) -> StdpCapability:
        made: StdpCapability = self._part(StdpCapability, given, f"stdp.{name}")
        self._known(dict.fromkeys(made.weights), tuple(WEIGHT_RULES), f"[stdp.{name}] weights")
        return made

    def _cell(self, name: str, given: Any) -> CellCapability:
        made: CellCapability = self._part(CellCapability, given, f"cells.{name}")
        recordable = CELLS[name][2]
        states = tuple(r for r in recordable if r != "spikes")
        made = replace(
            made, name=name, recordables=made.recordables or recordable,
            states=made.states or tuple(s for s in states if s not in made.fixed_states),
        )
        for entry, names in (("recordables", recordable), ("states", states),
                             ("fixed_states", states), ("without_last_sample", recordable)):
            self._known(dict.fromkeys(getattr(made, entry)), names, f"[cells.{name}] {entry}")
        return made


_EMPTY: dict[Any, Any] = {
    kind: kind() for kind in (CellCapability, SynapseCapability, StdpCapability, Delays, Weights,
                              BetweenRuns, Refusal)
}
