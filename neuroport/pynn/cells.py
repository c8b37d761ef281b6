"""PyNN's cell types under PyNN's own names, with neuroport's checks.

Names, defaults and units come from ``pyNN.standardmodels``; here they are given the identity
translation (PyNN's units are neuroport's units) and errors that name all misspelt parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN.models import BaseCellType
from pyNN.parameters import ArrayParameter, LazyArray, Sequence
from pyNN.standardmodels import cells, receptors
from pyNN.standardmodels.base import build_translations

from neuroport.errors import InvalidValueError, Problem
from neuroport.network.cells import CELLS, CellModel, Receptor
from neuroport.network.named_equations import GSFA_GRR, STREAM, gif_equations
from neuroport.plain_numbers import floats, shown
from neuroport.pynn.entrance import checked_function
from neuroport.pynn.parameters import Checked, identity
from neuroport.pynn.unsupported import unsupported

__all__ = ["CELL_TYPES", "COMPONENTS", "cell_model", "signals_of"]


def _standard_cell(name: str) -> type[BaseCellType]:
    base = getattr(cells, name)
    _membrane, its_receptors, recordable = CELLS[name]
    return type(
        name,
        (Checked, base),
        {
            "__doc__": base.__doc__,
            "__module__": __name__,
            "translations": identity(base),
            "recordable": list(recordable),
            "units": {**_SYNAPTIC_UNITS, **base.units},
            "default_initial_values": _initial_values(base, its_receptors),
            "scale_factors": {},
        },
    )


_SYNAPTIC_UNITS = {
    "isyn_exc": "nA", "isyn_inh": "nA", "gsyn_exc": "uS", "gsyn_inh": "uS",
    "m": "dimensionless", "n": "dimensionless", "h": "dimensionless",
}


def _initial_values(base: Any, its_receptors: tuple[Receptor, ...]) -> dict[str, float]:
    """PyNN's initial values, and zero for synaptic variables that PyNN leaves out."""
    values = dict(getattr(base, "default_initial_values", {}))
    for receptor in its_receptors:
        if receptor.tau:
            values.setdefault(receptor.variable, 0.0)
    return values


class GIF_cond_exp(Checked, cells.GIF_cond_exp):  # type: ignore[misc]
    __doc__ = cells.GIF_cond_exp.__doc__
    translations = identity(cells.GIF_cond_exp)
    recordable = list(CELLS["GIF_cond_exp"][2])
    units = {**_SYNAPTIC_UNITS, **cells.GIF_cond_exp.units}
    scale_factors: dict[str, float] = {}
    array_parameters = {"tau_eta": "a_eta", "tau_gamma": "a_gamma"}  # of equal lengths

    @checked_function
    def __init__(self, *values: Any, **keywords: Any) -> None:
        super().__init__(*values, **keywords)
        sizes: dict[str, int] = {}
        problems = []
        for tau, amplitude in self.array_parameters.items():
            lengths = {name: _length(self.parameter_space._parameters[name].base_value)
                       for name in (tau, amplitude)}
            sizes |= dict.fromkeys(lengths, max(lengths.values()))
            if len(set(lengths.values())) > 1 or not min(lengths.values()):
                problems.append(Problem(
                    f"GIF_cond_exp: '{tau}' and '{amplitude}' do not fit",
                    measured=", ".join(f"{n} of {k}" for k, n in lengths.items()),
                    limit="as many time constants as amplitudes, 1 or more"))
        if problems:
            raise InvalidValueError(problems)
        self._sizes = sizes
        parts = [f"{kind}_{k + 1}" for kind in ("eta", "gamma")
                 for k in range(sizes[f"tau_{kind}"])]
        self.default_initial_values = {
            "v": -65.0, **dict.fromkeys(parts, 0.0), "gsyn_exc": 0.0, "gsyn_inh": 0.0}
        equations = gif_equations(sizes["tau_eta"], sizes["tau_gamma"])
        self.neuroport_model = CellModel(
            "GIF_cond_exp", "equations", CELLS["GIF_cond_exp"][1],
            (*self.get_parameter_names(), STREAM), tuple(self.default_initial_values),
            CELLS["GIF_cond_exp"][2], dict(self.units), equations)

    def parts_of(self, name: str) -> list[str]:
        """Return the names of an array's single parameters, e.g. ``tau_eta_1``."""
        return [f"{name}_{k + 1}" for k in range(self._sizes.get(name, 0))]

    def get_parameter_names(self) -> list[str]:
        """Return all parameter names; arrays as their single parameters."""
        return [one for name in self.default_parameters for one in self.parts_of(name) or [name]]

    def has_parameter(self, name: str) -> bool:
        """Tell whether there is such a parameter."""
        return name in (*self.default_parameters, *self.get_parameter_names())

    def flat(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return parameters with arrays as their single parameters.

        Raises
        ------
        InvalidValueError
            If an array has another length than before.
        """
        result = {}
        for name, value in given.items():
            parts = self.parts_of(name)
            if not parts:
                result[name] = value
                continue
            if isinstance(value, LazyArray):
                value = value.base_value
            rows = _rows(value)
            if any(row.size != len(parts) for row in rows):
                raise InvalidValueError(Problem(
                    f"GIF_cond_exp: '{name}' does not fit", measured=f"{rows[0].size} values",
                    limit=f"{len(parts)}, as when the cells were made"))
            columns = np.array(rows).T
            result |= {part: column[0] if len(rows) == 1 else column
                       for part, column in zip(parts, columns, strict=True)}
        return result

    def values(self) -> dict[str, Any]:
        """Return the parameters as written, by flat name."""
        return self.flat(dict(self.parameter_space._parameters))


def _rows(value: Any) -> list[Any]:
    """Return one array for all cells, or one for each."""
    if isinstance(value, ArrayParameter | Sequence):
        return [np.atleast_1d(floats(value.value))]
    given = np.asarray(value, dtype=object)
    if given.ndim == 1 and any(isinstance(v, ArrayParameter | Sequence) for v in given):
        return [np.atleast_1d(floats(getattr(v, "value", v))) for v in given]
    numbers = floats(value)
    return list(numbers) if numbers.ndim == 2 else [np.atleast_1d(numbers)]


def _length(value: Any) -> int:
    lengths = {int(row.size) for row in _rows(value)}
    return lengths.pop() if len(lengths) == 1 else 0


class Izhikevich_curr_exp(Checked, cells.StandardCellType):  # type: ignore[misc]
    """Izhikevich's neuron with exponentially decaying synaptic current, as sPyNNaker has it.

    dv/dt = 0.04 v² + 5 v + 140 − u + I, du/dt = a (b v − u); at v ≥ 30: v ← c, u ← u + d.
    I is the sum of i_offset and the synaptic currents; 1 nA counts as 1 mV/ms (sPyNNaker's
    convention; PyNN's ``Izhikevich`` counts it as 1000 mV/ms).

    References
    ----------
    E. M. Izhikevich (2003), IEEE Transactions on Neural Networks 14(6).
    """

    default_parameters = {
        "a": 0.02, "b": 0.2, "c": -65.0, "d": 2.0, "i_offset": 0.0,
        "tau_syn_E": 5.0, "tau_syn_I": 5.0,
    }
    recordable = list(CELLS["Izhikevich_curr_exp"][2])
    conductance_based = False
    default_initial_values = {"v": -70.0, "u": -14.0, "isyn_exc": 0.0, "isyn_inh": 0.0}
    units = {
        **cells.Izhikevich.units, **_SYNAPTIC_UNITS, "tau_syn_E": "ms", "tau_syn_I": "ms",
    }
    translations = build_translations(*[(name, name) for name in default_parameters])
    scale_factors: dict[str, float] = {}


CELL_TYPES: dict[str, type[BaseCellType]] = {
    name: _standard_cell(name) for name in CELLS
    if name not in ("GIF_cond_exp", "Izhikevich_curr_exp")
}
CELL_TYPES["GIF_cond_exp"] = GIF_cond_exp
CELL_TYPES["Izhikevich_curr_exp"] = Izhikevich_curr_exp


def _component(base: type) -> type:
    return type(
        base.__name__,
        (Checked, base),
        {
            "__doc__": base.__doc__,
            "__module__": __name__,
            "translations": identity(base),
            "scale_factors": {},
            "recordable": list(getattr(base, "recordable", None)
                               or base.default_initial_values),  # type: ignore[attr-defined]
        },
    )


LIF = _component(cells.LIF)
AdExp = _component(cells.AdExp)
CurrExpPostSynapticResponse = _component(receptors.CurrExpPostSynapticResponse)
CondExpPostSynapticResponse = _component(receptors.CondExpPostSynapticResponse)
CondAlphaPostSynapticResponse = _component(receptors.CondAlphaPostSynapticResponse)

_RESPONSES = (
    ("CurrExpPostSynapticResponse", "current_exp", "isyn"),
    ("CondExpPostSynapticResponse", "conductance_exp", "gsyn"),
    ("CondAlphaPostSynapticResponse", "conductance_alpha", "gsyn"),
)


class PointNeuron(cells.PointNeuron):  # type: ignore[misc]
    """A membrane (``LIF`` or ``AdExp``) composed with named post-synaptic responses."""

    translations: dict[str, Any] = {}

    @checked_function
    def __init__(self, neuron: Any, **post_synaptic_receptors: Any) -> None:
        problems = []
        if not isinstance(neuron, cells.StandardCellTypeComponent):
            problems.append(Problem("the membrane is none", shown(neuron),
                                    "LIF(...) or AdExp(...)"))
        problems += [
            Problem(f"receptor '{name}' has no post-synaptic response", shown(response),
                    ", ".join(f"{r[0]}(...)" for r in _RESPONSES))
            for name, response in post_synaptic_receptors.items()
            if not isinstance(response, receptors.StandardPostSynapticResponse)
        ]
        if problems:
            raise InvalidValueError(problems, where="PointNeuron")
        super().__init__(neuron, **post_synaptic_receptors)

    def get_schema(self) -> dict[str, Any]:
        """Return parameter names (with the receptor's name before a dot) and types."""
        return {name: float for name in self.get_parameter_names()}

    def get_parameter_names(self) -> list[str]:
        """Return all parameter names, e.g. ``tau_m`` and ``AMPA.tau_syn``."""
        names = list(self.neuron.default_parameters)
        for receptor in self.receptor_types:
            response = self.post_synaptic_receptors[receptor]
            names += [f"{receptor}.{p}" for p in response.default_parameters if p != "locations"]
        return names

    def has_parameter(self, name: str) -> bool:
        """Tell whether the composed model has this parameter."""
        return name in self.get_parameter_names()

    def values(self) -> dict[str, LazyArray]:
        """Return the parameters as written, by flat name."""
        result = dict(self.neuron.parameter_space._parameters)
        for receptor in self.receptor_types:
            space = self.post_synaptic_receptors[receptor].parameter_space
            for name, value in space._parameters.items():
                if name != "locations":
                    result[f"{receptor}.{name}"] = value
        return result


COMPONENTS: dict[str, Any] = {
    "PointNeuron": PointNeuron,
    "LIF": LIF,
    "AdExp": AdExp,
    "CurrExpPostSynapticResponse": CurrExpPostSynapticResponse,
    "CondExpPostSynapticResponse": CondExpPostSynapticResponse,
    "CondAlphaPostSynapticResponse": CondAlphaPostSynapticResponse,
    "ExpPSR": CondExpPostSynapticResponse,
    "AlphaPSR": CondAlphaPostSynapticResponse,
}


def signals_of(cell: Any, name: str) -> tuple[str, ...]:
    """Return the variables whose sum a recording is; a dialect may have names of its own."""
    found: tuple[str, ...] = getattr(cell, "signals", {}).get(name, (name,))
    return found


def cell_model(cell: Any) -> CellModel:
    """Return the engine-free description of a PyNN cell type instance.

    Raises
    ------
    UnsupportedError
        For a cell type that neuroport does not have; those that it has are listed.
    """
    made = getattr(cell, "neuroport_model", None)
    if made is not None:
        model: CellModel = made
        return model
    if isinstance(cell, cells.PointNeuron):
        return _composed(cell)
    name = type(cell).__name__
    if name not in CELLS:
        raise unsupported(name, "cell type", list(CELL_TYPES))
    membrane, its_receptors, recordable = CELLS[name]
    initial = dict(cell.default_initial_values)
    if membrane == "hodgkin_huxley":
        initial.pop("locations", None)
    return CellModel(
        name,
        membrane,
        its_receptors,
        tuple(cell.default_parameters),
        tuple(initial),
        recordable,
        {k: v for k, v in cell.units.items() if k not in getattr(cell, "signals", ())},
        GSFA_GRR if name == "IF_cond_exp_gsfa_grr" else None,
    )


def _composed(cell: Any) -> CellModel:
    membranes = {"LIF": "leaky", "AdExp": "adaptive_exponential"}
    core = type(cell.neuron).__name__
    its_receptors = []
    for name in cell.receptor_types:
        response = cell.post_synaptic_receptors[name]
        for class_name, kind, variable in _RESPONSES:
            if isinstance(response, getattr(receptors, class_name)):
                its_receptors.append(
                    Receptor(
                        name, kind, f"{name}.{variable}", f"{name}.tau_syn",  # type: ignore[arg-type]
                        f"{name}.e_syn" if kind.startswith("conductance") else "",
                    )
                )
                break
        else:
            raise unsupported(
                type(response).__name__, "post-synaptic response", [r[0] for r in _RESPONSES]
            )
    if core not in membranes:
        raise unsupported(core, "membrane", list(membranes))
    return CellModel(
        f"PointNeuron({core}; {', '.join(r.name for r in its_receptors)})",
        membranes[core],
        tuple(its_receptors),
        tuple(cell.get_parameter_names()),
        tuple(cell.default_initial_values),
        tuple(cell.recordable),
        dict(cell.units),
    )
