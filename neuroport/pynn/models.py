"""PyNN's cell types, synapse types and rules under PyNN's own names, with neuroport's checks.

Names, defaults and units come from ``pyNN.standardmodels``; here they are given the identity
translation (PyNN's units are neuroport's units) and errors that name all misspelt parameters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pyNN.models import BaseCellType
from pyNN.parameters import LazyArray
from pyNN.random import RandomDistribution
from pyNN.standardmodels import cells, receptors, synapses
from pyNN.standardmodels.base import build_translations

from neuroport.errors import InvalidValueError, Problem, UnknownParameterError, UnsupportedError
from neuroport.network.cells import CELLS, CellModel, Receptor

__all__ = [
    "CELL_TYPES",
    "COMPONENTS",
    "SYNAPSE_RULES",
    "UNSUPPORTED",
    "cell_model",
    "check_parameters",
    "unsupported",
]


def check_parameters(model: str, given: dict[str, Any], valid: list[str]) -> None:
    """Refuse misspelt names and values that are not numbers, all at once.

    Raises
    ------
    UnknownParameterError
        For names that the model does not have.
    InvalidValueError
        For None, NaN, infinite or non-numeric values.
    """
    unknown = [name for name in given if name not in valid]
    if unknown:
        raise UnknownParameterError(unknown, model, valid)
    problems = []
    for name, value in given.items():
        problem = _value_problem(model, name, value)
        if problem is not None:
            problems.append(problem)
    if problems:
        raise InvalidValueError(problems)


def _value_problem(model: str, name: str, value: Any) -> Problem | None:
    if isinstance(value, LazyArray):
        value = value.base_value
    if isinstance(value, RandomDistribution) or callable(value) or isinstance(value, (dict, str)):
        return None
    if value is None and name == "delay":
        return None
    if value is None:
        return Problem(f"{model}: '{name}' has no value", measured="None")
    try:
        numbers = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None  # ragged lists and Sequences are judged where they are evaluated
    if np.isnan(numbers).any():
        return Problem(
            f"{model}: '{name}' is not a number",
            measured="NaN" if numbers.ndim == 0 else f"NaN in {int(np.isnan(numbers).sum())} "
            f"of {numbers.size} values",
            fix="check the computation that gave this value",
        )
    if np.isinf(numbers).any() and name not in ("duration", "stop"):
        return Problem(f"{model}: '{name}' is infinite", measured=f"{numbers}")
    return None


class _Checked:
    """Mixin: check the parameters when a model is instantiated."""

    default_parameters: dict[str, Any]

    def __init__(self, **parameters: Any) -> None:
        check_parameters(type(self).__name__, parameters, list(self.default_parameters))
        super().__init__(**parameters)

    def __repr__(self) -> str:
        given = {
            name: value.base_value
            for name, value in self.parameter_space._parameters.items()  # type: ignore[attr-defined]
            if not _same(value.base_value, self.default_parameters.get(name))
        }
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in given.items())})"


def _same(value: Any, default: Any) -> bool:
    try:
        return bool(value == default)
    except (TypeError, ValueError):
        return False


def _identity(base: type) -> dict[str, Any]:
    return build_translations(*[(name, name) for name in base.default_parameters])  # type: ignore[attr-defined, no-any-return]


def _standard_cell(name: str) -> type[BaseCellType]:
    base = getattr(cells, name)
    _membrane, its_receptors, recordable = CELLS[name]
    return type(
        name,
        (_Checked, base),
        {
            "__doc__": base.__doc__,
            "__module__": __name__,
            "translations": _identity(base),
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
        if receptor.kind not in ("delta", "direct"):
            values.setdefault(receptor.variable, 0.0)
    return values


class Izhikevich_curr_exp(_Checked, cells.StandardCellType):  # type: ignore[misc]
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
    name: _standard_cell(name) for name in CELLS if name != "Izhikevich_curr_exp"
}
CELL_TYPES["Izhikevich_curr_exp"] = Izhikevich_curr_exp


def _component(base: type) -> type:
    return type(
        base.__name__,
        (_Checked, base),
        {
            "__doc__": base.__doc__,
            "__module__": __name__,
            "translations": _identity(base),
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
        {k: v for k, v in cell.units.items()},
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


# ---------------------------------------------------------------------------------------------
# Rules of synaptic plasticity


def _rule(base: type, name: str | None = None, doc: str | None = None) -> type:
    valid = list(base.default_parameters)  # type: ignore[attr-defined]

    def __init__(self: Any, *arguments: Any, **parameters: Any) -> None:
        given = dict(zip(valid, arguments, strict=False), **parameters)
        check_parameters(type(self).__name__, given, valid)
        base.__init__(self, **given)  # type: ignore[misc]

    return type(
        name or base.__name__,
        (base,),
        {
            "__init__": __init__,
            "__doc__": doc or base.__doc__,
            "__module__": __name__,
            "translations": _identity(base),
            "possible_models": {"stdp"},
        },
    )


SpikePairRule = _rule(synapses.SpikePairRule)
SpikeNearestPairRule = _rule(
    synapses.SpikePairRule,
    "SpikeNearestPairRule",
    "Pair rule in which each spike is paired with the nearest one of the other side only, "
    "as sPyNNaker's ``extra_models.SpikeNearestPairRule``.",
)
Vogels2011Rule = _rule(synapses.Vogels2011Rule)
AdditiveWeightDependence = _rule(synapses.AdditiveWeightDependence)
MultiplicativeWeightDependence = _rule(synapses.MultiplicativeWeightDependence)
AdditivePotentiationMultiplicativeDepression = _rule(
    synapses.AdditivePotentiationMultiplicativeDepression
)
GutigWeightDependence = _rule(synapses.GutigWeightDependence)

SYNAPSE_RULES: dict[str, Any] = {
    rule.__name__: rule
    for rule in (
        SpikePairRule,
        SpikeNearestPairRule,
        Vogels2011Rule,
        AdditiveWeightDependence,
        MultiplicativeWeightDependence,
        AdditivePotentiationMultiplicativeDepression,
        GutigWeightDependence,
    )
}

# ---------------------------------------------------------------------------------------------
# What PyNN has and neuroport has not

UNSUPPORTED: dict[str, tuple[str, str]] = {
    # name -> (kind, nearest supported)
    "IF_cond_exp_gsfa_grr": ("cell type", "EIF_cond_exp_isfa_ista"),
    "IF_facets_hardware1": ("cell type", "IF_cond_exp"),
    "GIF_cond_exp": ("cell type", "EIF_cond_exp_isfa_ista"),
    "SpikeSourceInhGamma": ("cell type", "SpikeSourcePoisson"),
    "MultiCompartmentNeuron": ("cell type", "PointNeuron"),
    "CondBetaPostSynapticResponse": ("post-synaptic response", "CondAlphaPostSynapticResponse"),
    "SimpleStochasticSynapse": ("synapse type", "StaticSynapse"),
    "StochasticTsodyksMarkramSynapse": ("synapse type", "TsodyksMarkramSynapse"),
    "MultiQuantalSynapse": ("synapse type", "TsodyksMarkramSynapse"),
    "ElectricalSynapse": ("synapse type", "StaticSynapse"),
    "CSAConnector": ("connector", "FromListConnector"),
    # Drawn inside an engine, so never the same on two of them.
    "NativeRNG": ("random number generator", "NumpyRNG"),
}


def unsupported(name: str, kind: str, available: list[str]) -> UnsupportedError:
    """Return the error for something that PyNN has and neuroport has not."""
    near = UNSUPPORTED.get(name, ("", ""))[1]
    return UnsupportedError(
        Problem(
            f"neuroport has no {kind} '{name}'",
            limit=f"{kind}s it has: {', '.join(sorted(available))}",
            fix=(f"the nearest is {near}; " if near else "")
            + (
                "or write your own with sim.cell_by_equations(...)"
                if kind == "cell type"
                else "or write your own with sim.synapse_by_equations(...)"
                if kind == "synapse type"
                else "use one of those listed"
            ),
        )
    )


def is_finite_number(value: Any) -> bool:
    """Tell whether a value is one finite number."""
    return isinstance(value, (int, float, np.number)) and math.isfinite(float(value))
