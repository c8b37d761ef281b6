"""PyNN's connectors with checked arguments; how they become arrays is in ``realise``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from inspect import Signature, signature
from typing import Any

import numpy as np
from pyNN import connectors
from pyNN.random import AbstractRNG, RandomDistribution

from neuroport.errors import ConnectorError, Problem, UnknownParameterError
from neuroport.plain_numbers import (
    NotNumbersError,
    floats,
    is_one_of,
    is_whole,
    number_problem,
    one_float,
    shown,
)
from neuroport.pynn.dialects import PYNN
from neuroport.pynn.entrance import also
from neuroport.realise import rules

__all__ = ["CONNECTORS"]

_Check = Callable[[dict[str, Any]], list[Problem]]


def _problems(*found: Problem | None) -> list[Problem]:
    return [problem for problem in found if problem is not None]


def _probability(given: dict[str, Any]) -> list[Problem]:
    problem = number_problem("p_connect, a probability,", given.get("p_connect"), least=0, most=1)
    if problem is None:
        given["p_connect"] = one_float(given["p_connect"])
    return _problems(problem)


def _number(given: dict[str, Any]) -> list[Problem]:
    n: Any = given.get("n")
    repeated = given.get("with_replacement", False)
    problems = []
    if is_whole(n) and 0 <= n < 2**63:
        given["n"] = int(n)
    elif not isinstance(n, RandomDistribution):
        problems.append(
            Problem(
                "n is not a number of synapses",
                measured=shown(n),
                limit="a whole number, 0 or more, or a RandomDistribution",
            )
        )
    if not is_one_of(repeated, (True, False)):
        problems.append(Problem("with_replacement is unclear", shown(repeated), "True or False"))
    return problems


def _rewiring(given: dict[str, Any]) -> list[Problem]:
    problems = _problems(
        number_problem("rewiring, a probability,", given.get("rewiring"), least=0, most=1),
        number_problem("degree, a distance,", given.get("degree"), above=0),
    ) + _number_of_connections(given)
    if not problems:
        given["rewiring"], given["degree"] = (
            one_float(given["rewiring"]), one_float(given["degree"]))
    return problems


def _number_of_connections(given: dict[str, Any]) -> list[Problem]:
    n = given.get("n_connections")
    if n is None or (is_whole(n) and 0 <= n < 2**63):
        return []
    return [Problem("n_connections is not a number of synapses", shown(n),
                    "a whole number, 0 or more, or None")]


def _array(given: dict[str, Any]) -> list[Problem]:
    array = given.get("array")
    try:
        listed = np.asarray(array)
        given["array"] = listed if listed.dtype == bool else floats(array)
    except (TypeError, ValueError) as error:
        return [Problem("ArrayConnector needs an array of truth values", shown(array),
                        "shape (pre, post), True where two cells are joined", str(error)[:100])]
    if given["array"].ndim != 2 or np.isnan(given["array"]).any():
        return [Problem("ArrayConnector needs an array of truth values",
                        f"shape {given['array'].shape}",
                        "shape (pre, post), True where two cells are joined")]
    return []


def _list(given: dict[str, Any]) -> list[Problem]:
    rows: Any = given.get("conn_list")
    if isinstance(rows, (str, bytes, dict)) or not isinstance(rows, Iterable):
        return [Problem("FromListConnector needs a list of connections", shown(rows),
                        "rows (pre, post, ...) of numbers")]
    if not isinstance(rows, (list, tuple, np.ndarray)):
        rows = given["conn_list"] = list(rows)
    if len(rows) == 0:
        return []
    array = isinstance(rows, np.ndarray)
    flat = [] if array else [r for r in rows if not isinstance(r, (list, tuple, np.ndarray))]
    if flat or (array and rows.ndim != 2):
        return [
            Problem(
                "the connection list is not a list of rows",
                measured=f"the element {shown(flat[0] if flat else rows[0])}",
                limit="rows (pre, post, ...) of numbers",
            )
        ]
    widths = {rows.shape[1]} if array else {len(row) for row in rows}
    if len(widths) != 1:
        return [
            Problem("the rows of the connection list have different lengths",
                    measured=f"{sorted(widths)} values")
        ]
    width = widths.pop()
    problems = []
    names = given.get("column_names")
    if names is not None and not (
        isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names)
    ):
        return [Problem("column_names is not a list of names", shown(names),
                        "('weight', 'delay') or the like, or None")]
    if width < 2:
        problems.append(
            Problem("a row of the connection list needs at least (pre, post)", f"{width} values")
        )
    elif names is None and width not in (2, 3, 4):
        problems.append(
            Problem(
                "the columns of the connection list have no names",
                measured=f"{width} values a row",
                limit="without column_names: (pre, post), (pre, post, weight) or "
                "(pre, post, weight, delay)",
                fix="pass column_names=('weight', 'delay', ...)",
            )
        )
    elif names is None and width == 3:
        given["column_names"] = ("weight",)
    elif names is not None and len(names) != width - 2:
        problems.append(
            Problem(
                "column_names do not fit the connection list",
                measured=f"{len(names)} names for {width - 2} columns after (pre, post)",
            )
        )
    try:
        numbers = floats(rows)
    except NotNumbersError as error:
        return [*problems, Problem(f"the connection list holds {error}", shown(rows),
                                   "rows (pre, post, ...) of numbers", error.fix)]
    given["conn_list"] = numbers
    if not np.isfinite(numbers).all():
        found = "NaN" if np.isnan(numbers).any() else "infinite values"
        problems.append(
            Problem(
                f"the connection list holds {found}",
                f"in {int((~np.isfinite(numbers)).any(1).sum())} rows",
            )
        )
    return problems


def _connection_set(given: dict[str, Any]) -> list[Problem]:
    csa = sys.modules.get("csa")  # the user's own: a connection set is made with it
    if csa is None:
        return [Problem("CSAConnector needs a connection set of the package csa",
                        measured=type(given.get("cset")).__name__,
                        fix="pip install csa, and import csa in the script")]
    kind = type(given.get("cset"))
    if kind.__module__.partition(".")[0] != "csa":
        return [Problem("cset is no connection set", measured=kind.__name__,
                        limit="a mask or connection set of the package csa")]
    arity = csa.arity(given["cset"])
    if arity in (0, 2):
        return []
    return [Problem("a connection set has too many or too few values", measured=f"{arity}",
                    limit="none, or two: weight and delay")]


def _none(given: dict[str, Any]) -> list[Problem]:
    return []


def _checked(base: type, check: _Check) -> type:
    declared = list(signature(base.__init__).parameters.values())[1:]  # type: ignore[misc]
    parameters = [p.name for p in declared]

    def __init__(self: Any, *values: Any, **keywords: Any) -> None:
        name = type(self).__name__
        given = self.dialect.arguments(name, values, keywords, parameters)
        unknown = [k for k in given if k not in parameters]
        if unknown:
            raise UnknownParameterError(unknown, name, parameters)
        problems = check(given)
        allow = given.get("allow_self_connections", True)
        if not is_one_of(allow, (True, False, "NoMutual")):
            problems.append(
                Problem("allow_self_connections is unclear", shown(allow),
                        "True, False or 'NoMutual'")
            )
        elif allow == "NoMutual" and name.startswith("Fixed") and "n" in parameters:
            problems.append(
                Problem(f"{name} has no 'NoMutual'", limit="True or False",
                        fix="use FixedProbabilityConnector for it")
            )
        rng = given.get("rng")
        if rng is not None and not isinstance(rng, AbstractRNG):
            problems.append(
                Problem("rng is not a PyNN random number generator", type(rng).__name__,
                        "NumpyRNG(seed=...)")
            )
        if not is_one_of(given.get("safe", True), (True, False)):
            problems.append(Problem("safe is unclear", shown(given["safe"]), "True or False"))
        if given.get("callback") is not None and not callable(given["callback"]):
            problems.append(Problem("callback cannot be called", shown(given["callback"]),
                                    "a function, or None"))
        if problems:
            raise ConnectorError(problems, where=name)
        if allow == "NoMutual" and base is connectors.AllToAllConnector:
            base.__init__(self, **{**given, "allow_self_connections": True})
            self.allow_self_connections = "NoMutual"
            return
        if base is connectors.CSAConnector:  # PyNN's looks for csa when PyNN is imported
            connectors.Connector.__init__(self, given.get("safe", True), given.get("callback"))
            self.cset = given["cset"]
            return
        try:
            base.__init__(self, **given)  # type: ignore[misc]
        except Exception as error:  # PyNN tries its expressions, with bare assertions
            reason = f"{type(error).__name__}: {error}" if str(error) else "impossible values"
            shown_values = ", ".join(f"{k}={shown(v)}" for k, v in given.items())
            raise also(ConnectorError, type(error))(  # type: ignore[arg-type]
                Problem(f"{name} cannot be made of these arguments", shown_values[:300],
                        " ".join(reason.split())[:200], f"help(sim.{name}) says what it takes"),
                where=name,
            ) from error

    return type(
        base.__name__,
        (base,),
        {
            "__init__": __init__,
            "__doc__": base.__doc__,
            "__module__": __name__,
            "__signature__": Signature(declared),
            "dialect": PYNN,
        },
    )


_CHECKS: dict[str, _Check] = {
    "FixedProbabilityConnector": _probability,
    "FixedNumberPreConnector": _number,
    "FixedNumberPostConnector": _number,
    "FixedTotalNumberConnector": _number,
    "CSAConnector": _connection_set,
    "FromListConnector": _list,
    "SmallWorldConnector": _rewiring,
    "DistanceDependentProbabilityConnector": _number_of_connections,
    "ArrayConnector": _array,
}

CONNECTORS: dict[str, type] = {
    name: _checked(getattr(connectors, name), _CHECKS.get(name, _none))
    for name in (
        "AllToAllConnector",
        "OneToOneConnector",
        "FixedProbabilityConnector",
        "DistanceDependentProbabilityConnector",
        "IndexBasedProbabilityConnector",
        "DisplacementDependentProbabilityConnector",
        "FromListConnector",
        "FromFileConnector",
        "FixedNumberPreConnector",
        "FixedNumberPostConnector",
        "FixedTotalNumberConnector",
        "SmallWorldConnector",
        "CloneConnector",
        "ArrayConnector",
        "CSAConnector",
    )
}
CONNECTORS |= {
    base.__name__: _checked(base, _none)
    for base in (rules.AllButMeConnector, rules.KernelConnector, rules.OneToOneOffsetConnector)
}
CONNECTORS["MultapseConnector"] = CONNECTORS["FixedTotalNumberConnector"]
