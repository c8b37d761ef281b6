"""Cells and synapses of a model's own, by their equations.

Equations use PyNN's units (ms, mV, nA, nF, µS), which fit together: nA/nF is mV/ms and µS·mV is
nA. They are plain arithmetic with the usual functions (exp, log, sqrt, sin, cos, tanh, abs, clip),
and random numbers where something happens: ``uniform(k)``, ``binomial(uniform(k), n, p)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyNN.models import BaseCellType, BaseSynapseType

from neuroport.errors import InvalidValueError, Problem
from neuroport.network.cells import CELLS, RECEPTOR_KINDS, CellEquations, CellModel, Receptor
from neuroport.network.named_equations import STREAM
from neuroport.network.synapses import BY_EQUATIONS, SynapseEquations, SynapseModel
from neuroport.plain_numbers import shown
from neuroport.pynn.entrance import checked_function
from neuroport.pynn.expressions import (
    assignment,
    multiplies_a_driving_force,
    names_in,
    refuse_other_kinds,
    statements_of,
    unknown_names,
    unusable_names,
)
from neuroport.pynn.parameters import Checked

__all__ = ["cell_by_equations", "synapse_by_equations"]

@checked_function
def cell_by_equations(
    name: str,
    *,
    derivatives: Mapping[str, str],
    threshold: str,
    reset: str | Sequence[str],
    parameters: Mapping[str, float],
    initial: Mapping[str, float],
    receptors: Mapping[str, Mapping[str, str] | str] | None = None,
    definitions: Mapping[str, str] | None = None,
    refractory: str = "",
    clamped: Sequence[str] = ("v",),
    units: Mapping[str, str] | None = None,
) -> type[BaseCellType]:
    """Return a cell type given by its equations, for use like any PyNN cell type.

    Parameters
    ----------
    name : str
        Name of the new cell type.
    derivatives : mapping of str to str
        Variable -> right-hand side of its derivative, per ms. The name ``I`` stands for the sum
        of synaptic currents, injected currents and ``i_offset`` (nA), ``dt`` for the time step.
    threshold : str
        Condition for a spike, e.g. ``"v > v_thresh"``, or ``"uniform(1) < p*dt"``: in the
        threshold and the reset ``uniform(1)`` to ``uniform(7)`` are random numbers of the cell in
        this step, drawn from the seed and the same on every backend.
    reset : str or sequence of str
        Statements after a spike, e.g. ``"v = v_reset; w += b"``.
    parameters : mapping of str to float
        Parameters and their defaults.
    initial : mapping of str to float
        Variables and their initial values: those of `derivatives`, and others that only `reset`
        or synapses change.
    receptors : mapping, optional
        Receptor name -> ``{"kind": ..., "tau": parameter, "reversal": parameter}`` (kinds: see
        ``neuroport.network.cells.RECEPTOR_KINDS``), or the name of a variable that weights are
        added to, or ``{"variable": ..., "adds": "conductance" or "current"}``. The sign of
        inhibitory weights follows from it: positive conductances, negative currents. Where
        `adds` is not given, the variable's unit in `units` says it; where that is not given, a
        variable is a conductance if the equations multiply it by a difference with the membrane
        potential (the variable of `threshold`), as in ``g*(e_rev - v)``.
        Default: ``excitatory`` and ``inhibitory`` added to the first variable.
    definitions : mapping of str to str, optional
        Names for sub-expressions.
    refractory : str, optional
        Parameter that holds a refractory period (ms).
    clamped : sequence of str
        Variables that do not change while refractory.
    units : mapping of str to str, optional
        Units for plots and data.

    Returns
    -------
    type
        A PyNN cell type.

    Raises
    ------
    InvalidValueError
        With every unknown name and unreadable expression.

    Examples
    --------
    >>> Quadratic = cell_by_equations(
    ...     "Quadratic",
    ...     derivatives={"v": "(a*(v - v_rest)*(v - v_crit) + I)/cm"},
    ...     threshold="v >= v_peak", reset="v = v_reset",
    ...     parameters={"a": 0.04, "v_rest": -65.0, "v_crit": -50.0, "v_peak": 30.0,
    ...                 "v_reset": -65.0, "cm": 1.0},
    ...     initial={"v": -65.0})
    """
    where = f"cell_by_equations({shown(name)})"
    refuse_other_kinds(
        where, texts={"threshold": threshold, "refractory": refractory},
        lists={"reset": reset, "clamped": clamped},
        numbers={"parameters": parameters, "initial": initial},
        named_texts={"derivatives": derivatives, "definitions": definitions, "units": units})
    definitions = dict(definitions or {})
    statements = statements_of(reset)
    problems = unusable_names(
        name, {"parameter": parameters, "variable": initial, "definition": definitions}, ("I", "t")
    ) + unusable_names(name, {"receptor": receptors or {}}, ())
    if CELLS.get(name, ("",))[0] == "equations":
        problems.append(Problem(f"PyNN has a cell type '{name}'", fix=f"sim.{name}(...)"))
    if problems:
        raise InvalidValueError(problems, where=where)
    known = {*parameters, *initial, *definitions, "I", "t", "dt", "i_offset"}
    problems = [
        Problem(f"derivative of '{v}', which has no initial value", fix=f"add '{v}' to initial")
        for v in derivatives
        if v not in initial
    ]
    for text in (*derivatives.values(), *definitions.values(), threshold):
        problems += unknown_names(names_in(text, where), known, text)
    for statement in statements:
        target, _, expression = assignment(statement, where)
        problems += unknown_names({target}, set(initial), statement)
        problems += unknown_names(names_in(expression, where), known, statement)
    problems += _drawn_in((*derivatives.values(), *definitions.values()), (threshold, *statements))
    if refractory and refractory not in parameters:
        problems.append(Problem(f"the refractory period '{refractory}' is not a parameter"))
    equations = CellEquations(
        dict(derivatives), threshold, tuple(statements), refractory,
        tuple(c for c in clamped if c in derivatives), definitions,
    )
    its_receptors, wrong = _receptors(receptors, equations, parameters, initial, units or {})
    if problems or wrong:
        raise InvalidValueError(problems + wrong, where=where)
    defaults = {"i_offset": 0.0, **parameters}
    states = dict(initial)
    for receptor in its_receptors:
        if receptor.tau:
            states.setdefault(receptor.variable, 0.0)
    all_units = {key: "dimensionless" for key in (*defaults, *states)}
    all_units.update(units or {})
    model = CellModel(
        name,
        "equations",
        its_receptors,
        (*defaults, *[STREAM] * equations.draws),
        tuple(states),
        ("spikes", *states),
        all_units,
        equations,
    )
    return type(
        name,
        (Checked, BaseCellType),
        {
            "default_parameters": defaults,
            "default_initial_values": states,
            "recordable": ["spikes", *states],
            "receptor_types": [r.name for r in its_receptors],
            "conductance_based": any(r.conductance for r in its_receptors),
            "units": all_units,
            "injectable": True,
            "neuroport_model": model,
            "__doc__": f"{name}: " + "; ".join(f"d{k}/dt = {v}" for k, v in derivatives.items()),
        },
    )


def _drawn_in(without: Sequence[str], events: Sequence[str]) -> list[Problem]:
    """Return what is wrong with random numbers: where there is no event, or not numbered."""
    problems = [
        Problem(f"random numbers in {text!r}", limit="in the threshold and the reset of a cell, "
                "and at the arrival of a presynaptic spike",
                fix="a current with noise: sim.NoisyCurrentSource(...)")
        for text in without if re.search(r"\b(uniform|binomial)\b", text)
    ]
    for text in events:
        for call in re.findall(r"\buniform\b(?:\([^)]*\))?", text):
            if not re.fullmatch(r"uniform\(\s*[1-7]\s*\)", call):
                problems.append(Problem(f"cannot read {call!r} in {text!r}",
                                        limit="uniform(1) to uniform(7)"))
    return problems


def _receptors(
    given: Mapping[str, Mapping[str, str] | str] | None,
    equations: CellEquations,
    parameters: Mapping[str, float],
    initial: Mapping[str, float],
    units: Mapping[str, str],
) -> tuple[tuple[Receptor, ...], list[Problem]]:
    if given is None:
        first = next(iter(equations.derivatives), "v")
        given = {"excitatory": first, "inhibitory": first}
    made, problems = [], []
    for name, what in given.items():
        what = {"variable": what} if isinstance(what, str) else dict(what)
        allowed = ("variable", "adds") if "variable" in what else ("kind", "tau", "reversal")
        problems += [
            Problem(f"receptor '{name}' has no '{key}'", limit=", ".join(allowed))
            for key in what if key not in allowed
        ]
        if "variable" in what:
            receptor, wrong = _direct(name, what, equations, initial, units)
        else:
            receptor, wrong = _decaying(name, what, parameters)
        problems += wrong
        if receptor is not None:
            made.append(receptor)
            if receptor.tau and receptor.variable in (*parameters, *equations.definitions):
                problems.append(
                    Problem(f"receptor '{name}' has a variable '{receptor.variable}' of its own, "
                            "which is also a parameter or definition", fix="rename the latter")
                )
    return tuple(made), problems


def _direct(
    name: str,
    what: Mapping[str, str],
    equations: CellEquations,
    initial: Mapping[str, float],
    units: Mapping[str, str],
) -> tuple[Receptor | None, list[Problem]]:
    """Return a receptor whose weights are added to a variable of the equations."""
    variable, adds = what["variable"], what.get("adds", "")
    if variable not in initial:
        return None, [Problem(f"receptor '{name}' adds to '{variable}', which is no variable",
                              limit=f"variables: {', '.join(initial)}")]
    if adds not in ("", "conductance", "current"):
        return None, [Problem(f"receptor '{name}' adds neither a conductance nor a current",
                              measured=repr(adds), limit="'conductance' or 'current'")]
    unit = units.get(variable, "")
    if not adds and unit in _CONDUCTANCE_UNITS:
        adds = "conductance"
    conductance = adds == "conductance" or (
        not adds and not unit and multiplies_a_driving_force(variable, equations)
    )
    return Receptor(name, "direct_conductance" if conductance else "direct", variable), []


_CONDUCTANCE_UNITS = ("S", "mS", "uS", "µS", "μS", "nS", "pS")


def _decaying(
    name: str, what: Mapping[str, str], parameters: Mapping[str, float]
) -> tuple[Receptor | None, list[Problem]]:
    """Return a receptor with dynamics of its own."""
    kinds = [k for k in RECEPTOR_KINDS if not k.startswith("direct")]
    kind, tau, reversal = what.get("kind", ""), what.get("tau", ""), what.get("reversal", "")
    if kind not in kinds:
        return None, [Problem(f"receptor '{name}' has no kind {kind!r}", limit=", ".join(kinds))]
    needed = {"tau": tau} if kind != "delta" else {}
    if kind.startswith("conductance"):
        needed["reversal"] = reversal
    problems = [
        Problem(f"receptor '{name}' needs {key}= the name of a parameter",
                measured=repr(parameter), limit=f"parameters: {', '.join(parameters)}")
        for key, parameter in needed.items() if parameter not in parameters
    ]
    prefix = "gsyn" if kind.startswith("conductance") else "isyn"
    short = {"excitatory": "exc", "inhibitory": "inh"}.get(name, name)
    return (
        Receptor(name, kind, f"{prefix}_{short}", tau, reversal), problems  # type: ignore[arg-type]
    )


@checked_function
def synapse_by_equations(
    name: str,
    *,
    parameters: Mapping[str, float],
    decays: Mapping[str, str],
    on_presynaptic: str | Sequence[str],
    on_postsynaptic: str | Sequence[str] = (),
    initial: Mapping[str, float] | None = None,
    delivers: str = "weight",
) -> type[BaseSynapseType]:
    """Return a synapse type given by its equations.

    Parameters
    ----------
    name : str
        Name of the new synapse type.
    parameters : mapping of str to float
        Parameters besides ``weight`` and ``delay``, and their defaults.
    decays : mapping of str to str
        Trace -> parameter that holds its time constant (ms). Traces decay exponentially to 0.
    on_presynaptic, on_postsynaptic : str or sequence of str
        Statements at the arrival of a presynaptic spike and at a postsynaptic spike. They may
        change ``weight``, the traces and the variables in `initial`. At the arrival
        ``uniform(1)`` to ``uniform(7)`` are random numbers of this spike, drawn from the seed and
        the same on every backend.
    initial : mapping of str to float, optional
        Variables that do not decay, and the values that they start from; traces start from 0.
    delivers : str
        What a presynaptic spike adds to its target after the statements.

    Returns
    -------
    type
        A PyNN synapse type: ``MyRule(weight=0.5, delay=1.0, ...)``. The whole delay is axonal.

    Raises
    ------
    InvalidValueError
        With every unknown name and unreadable statement.

    Examples
    --------
    The rule of Diehl & Cook (2015), doi 10.3389/fncom.2015.00099:

    >>> Triplet = synapse_by_equations(
    ...     "Triplet",
    ...     parameters={"tau_pre": 20.0, "tau_1": 20.0, "tau_2": 40.0, "rate_pre": 1e-4,
    ...                 "rate_post": 1e-2, "w_max": 1.0},
    ...     decays={"pre": "tau_pre", "post1": "tau_1", "post2": "tau_2"},
    ...     on_presynaptic="pre = 1; weight = clip(weight + rate_pre*post1, 0, w_max)",
    ...     on_postsynaptic="weight = clip(weight + rate_post*pre*post2, 0, w_max); "
    ...                     "post1 = 1; post2 = 1")
    """
    where = f"synapse_by_equations({shown(name)})"
    refuse_other_kinds(
        where, texts={"delivers": delivers},
        lists={"on_presynaptic": on_presynaptic, "on_postsynaptic": on_postsynaptic},
        numbers={"parameters": parameters, "initial": initial or {}},
        named_texts={"decays": decays})
    initial = dict(initial or {})
    before, after = statements_of(on_presynaptic), statements_of(on_postsynaptic)
    problems = unusable_names(
        name, {"parameter": parameters, "trace": decays, "variable": initial},
        ("weight", "delay", "t")
    )
    if name in BY_EQUATIONS:
        problems.append(Problem(f"PyNN has a synapse type '{name}'", fix=f"sim.{name}(...)"))
    if problems:
        raise InvalidValueError(problems, where=where)
    known = {*parameters, *decays, *initial, "weight", "t"}
    problems = [
        Problem(f"trace '{trace}' decays with '{tau}', which is no parameter",
                limit=f"parameters: {', '.join(parameters)}")
        for trace, tau in decays.items()
        if tau not in parameters
    ]
    for statement in (*before, *after):
        target, _, expression = assignment(statement, where)
        problems += unknown_names({target}, {*decays, *initial, "weight"}, statement)
        problems += unknown_names(names_in(expression, where), known, statement)
    problems += unknown_names(names_in(delivers, where), known, delivers)
    problems += _drawn_in((*after, delivers), before)
    if problems:
        raise InvalidValueError(problems, where=where)
    equations = SynapseEquations(dict(decays), tuple(before), tuple(after), initial, delivers)
    model = SynapseModel(
        name,
        "equations",
        parameters=(*parameters, *[STREAM] * equations.draws),
        equations=equations,
    )
    defaults: dict[str, Any] = {"weight": 0.0, "delay": None, **parameters}

    def get_schema(self: Any) -> dict[str, Any]:
        return {key: float for key in defaults}

    def _get_minimum_delay(self: Any) -> float:  # it belongs to no simulator
        raise InvalidValueError(
            Problem(f"{name} needs a delay", fix=f"{name}(weight=..., delay=...)"), where=name
        )

    return type(
        name,
        (Checked, BaseSynapseType),
        {
            "default_parameters": defaults,
            "get_schema": get_schema,
            "_get_minimum_delay": _get_minimum_delay,
            "neuroport_model": model,
            "parameter_checks": {},
            "dendritic_delay_fraction": 0.0,
        },
    )
