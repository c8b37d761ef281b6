"""Cells and synapses of a model's own, by their equations.

Equations use PyNN's units (ms, mV, nA, nF, µS), which fit together: nA/nF is mV/ms and µS·mV is
nA. They are plain arithmetic with the usual functions (exp, log, sqrt, sin, cos, tanh, abs, clip).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyNN.models import BaseCellType, BaseSynapseType

from neuroport.errors import InvalidValueError, Problem, nearest
from neuroport.network.cells import CellEquations, CellModel, Receptor
from neuroport.network.synapses import SynapseEquations, SynapseModel
from neuroport.pynn.parameters import Checked

__all__ = ["cell_by_equations", "synapse_by_equations"]

FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "abs", "clip", "int", "log10",
             "exprel", "sinh", "cosh", "floor", "ceil")


def _names(expression: str, where: str) -> set[str]:
    """Return the names in an expression; refuse what is not plain arithmetic."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise InvalidValueError(
            Problem(f"cannot read the expression {expression!r}", measured=str(error.msg)),
            where=where,
        ) from None
    forbidden = (ast.Attribute, ast.Subscript, ast.Lambda, ast.ListComp, ast.Dict, ast.List,
                 ast.JoinedStr, ast.Await, ast.Yield, ast.NamedExpr)
    for node in ast.walk(tree):
        if isinstance(node, forbidden):
            raise InvalidValueError(
                Problem(
                    f"{expression!r} is not plain arithmetic",
                    measured=type(node).__name__,
                    limit="numbers, names, + - * / **, comparisons, and, or, not, "
                    + ", ".join(FUNCTIONS),
                ),
                where=where,
            )
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _assignment(statement: str, where: str) -> tuple[str, str, str]:
    """Split ``v = v_reset`` or ``w += b`` into name, operator and expression."""
    match = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(=|\+=|-=|\*=)\s*(.+)", statement)
    if match is None or match.group(3).startswith("="):
        raise InvalidValueError(
            Problem(
                f"cannot read the statement {statement!r}",
                limit="name = expression, or +=, -=, *=",
            ),
            where=where,
        )
    return match.group(1), match.group(2), match.group(3)


def _unknown(names: set[str], known: set[str], text: str) -> list[Problem]:
    problems = []
    for name in sorted(names - known - set(FUNCTIONS)):
        near = nearest(name, known)
        problems.append(
            Problem(
                f"unknown name '{name}' in {text!r}",
                limit=f"known: {', '.join(sorted(known))}",
                fix=f"did you mean '{near[0]}'?" if near else f"add '{name}' to the parameters",
            )
        )
    return problems


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
        of synaptic currents, injected currents and ``i_offset`` (nA).
    threshold : str
        Condition for a spike, e.g. ``"v > v_thresh"``.
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
        added to. Default: ``excitatory`` and ``inhibitory`` added to the first variable.
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
    where = f"cell_by_equations('{name}')"
    if not name.isidentifier():
        raise InvalidValueError(Problem(f"{name!r} cannot be a name"), where=where)
    definitions = dict(definitions or {})
    statements = [reset] if isinstance(reset, str) else list(reset)
    statements = [s.strip() for text in statements for s in text.split(";") if s.strip()]
    first = next(iter(derivatives), "v")
    its_receptors, problems = _receptors(receptors, first, parameters, initial)
    known = {*parameters, *initial, *definitions, "I", "t", "i_offset"}
    problems += [
        Problem(f"derivative of '{v}', which has no initial value", fix=f"add '{v}' to initial")
        for v in derivatives
        if v not in initial
    ]
    for text in (*derivatives.values(), *definitions.values(), threshold):
        problems += _unknown(_names(text, where), known, text)
    for statement in statements:
        target, _, expression = _assignment(statement, where)
        problems += _unknown({target}, set(initial), statement)
        problems += _unknown(_names(expression, where), known, statement)
    if refractory and refractory not in parameters:
        problems.append(Problem(f"the refractory period '{refractory}' is not a parameter"))
    if problems:
        raise InvalidValueError(problems, where=where)
    defaults = {"i_offset": 0.0, **parameters}
    states = dict(initial)
    for receptor in its_receptors:
        if receptor.kind not in ("delta", "direct"):
            states.setdefault(receptor.variable, 0.0)
    all_units = {key: "dimensionless" for key in (*defaults, *states)}
    all_units.update(units or {})
    model = CellModel(
        name,
        "equations",
        its_receptors,
        tuple(defaults),
        tuple(states),
        ("spikes", *states),
        all_units,
        CellEquations(
            dict(derivatives),
            threshold,
            tuple(statements),
            refractory,
            tuple(c for c in clamped if c in derivatives),
            definitions,
        ),
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


def _receptors(
    given: Mapping[str, Mapping[str, str] | str] | None,
    first: str,
    parameters: Mapping[str, float],
    initial: Mapping[str, float],
) -> tuple[tuple[Receptor, ...], list[Problem]]:
    from neuroport.network.cells import RECEPTOR_KINDS

    if given is None:
        given = {"excitatory": first, "inhibitory": first}
    made, problems = [], []
    for name, what in given.items():
        if isinstance(what, str):
            if what not in initial:
                problems.append(
                    Problem(f"receptor '{name}' adds to '{what}', which is no variable",
                            limit=f"variables: {', '.join(initial)}")
                )
            made.append(Receptor(name, "direct", what))
            continue
        kind = what.get("kind", "")
        tau, reversal = what.get("tau", ""), what.get("reversal", "")
        if kind not in RECEPTOR_KINDS or kind == "direct":
            problems.append(
                Problem(f"receptor '{name}' has no kind {kind!r}",
                        limit=", ".join(k for k in RECEPTOR_KINDS if k != "direct"))
            )
            continue
        needed = {"tau": tau} if kind != "delta" else {}
        if kind.startswith("conductance"):
            needed["reversal"] = reversal
        for key, parameter in needed.items():
            if parameter not in parameters:
                problems.append(
                    Problem(f"receptor '{name}' needs {key}= the name of a parameter",
                            measured=repr(parameter),
                            limit=f"parameters: {', '.join(parameters)}")
                )
        prefix = "gsyn" if kind.startswith("conductance") else "isyn"
        short = {"excitatory": "exc", "inhibitory": "inh"}.get(name, name)
        made.append(Receptor(name, kind, f"{prefix}_{short}", tau, reversal))  # type: ignore[arg-type]
    return tuple(made), problems


def synapse_by_equations(
    name: str,
    *,
    parameters: Mapping[str, float],
    decays: Mapping[str, str],
    on_presynaptic: str | Sequence[str],
    on_postsynaptic: str | Sequence[str],
) -> type[BaseSynapseType]:
    """Return a plastic synapse type given by its equations.

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
        change ``weight`` and the traces; a presynaptic spike delivers the weight that it leaves.

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
    where = f"synapse_by_equations('{name}')"
    before = [on_presynaptic] if isinstance(on_presynaptic, str) else list(on_presynaptic)
    after = [on_postsynaptic] if isinstance(on_postsynaptic, str) else list(on_postsynaptic)
    before = [s.strip() for text in before for s in text.split(";") if s.strip()]
    after = [s.strip() for text in after for s in text.split(";") if s.strip()]
    known = {*parameters, *decays, "weight", "t"}
    problems = [
        Problem(f"trace '{trace}' decays with '{tau}', which is no parameter",
                limit=f"parameters: {', '.join(parameters)}")
        for trace, tau in decays.items()
        if tau not in parameters
    ]
    for statement in (*before, *after):
        target, _, expression = _assignment(statement, where)
        problems += _unknown({target}, {*decays, "weight"}, statement)
        problems += _unknown(_names(expression, where), known, statement)
    if problems or not name.isidentifier():
        raise InvalidValueError(problems or [Problem(f"{name!r} cannot be a name")], where=where)
    model = SynapseModel(
        name,
        "equations",
        parameters=tuple(parameters),
        equations=SynapseEquations(dict(decays), tuple(before), tuple(after)),
    )
    defaults: dict[str, Any] = {"weight": 0.0, "delay": None, **parameters}

    def get_schema(self: Any) -> dict[str, Any]:
        return {key: float for key in defaults}

    def _get_minimum_delay(self: Any) -> float:
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
