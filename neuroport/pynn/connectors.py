"""PyNN's connectors with checked arguments; how they become arrays is in ``realise``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from inspect import Signature, signature
from typing import Any

import numpy as np
from pyNN import connectors
from pyNN.random import AbstractRNG, RandomDistribution

from neuroport.errors import ConnectorError, Problem, UnknownParameterError
from neuroport.pynn.dialects import PYNN
from neuroport.realise import rules

__all__ = ["CONNECTORS"]

_Check = Callable[[dict[str, Any]], list[Problem]]


def _probability(given: dict[str, Any]) -> list[Problem]:
    p = given.get("p_connect")
    if isinstance(p, (int, float, np.number)) and not isinstance(p, bool) and 0 <= p <= 1:
        return []
    return [Problem("p_connect is not a probability", measured=f"{p!r}", limit="0 to 1")]


def _number(given: dict[str, Any]) -> list[Problem]:
    n = given.get("n")
    if isinstance(n, RandomDistribution):
        return []
    if isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= 0:
        given["n"] = int(n)
        return []
    return [
        Problem(
            "n is not a number of synapses",
            measured=f"{n!r}",
            limit="a whole number, 0 or more, or a RandomDistribution",
        )
    ]


def _rewiring(given: dict[str, Any]) -> list[Problem]:
    problems = []
    if not 0 <= given.get("rewiring", -1) <= 1:
        problems.append(
            Problem("rewiring is not a probability", f"{given.get('rewiring')!r}", "0 to 1")
        )
    if not given.get("degree", -1) > 0:
        problems.append(
            Problem("degree is not a distance", f"{given.get('degree')!r}", "above 0")
        )
    return problems


def _list(given: dict[str, Any]) -> list[Problem]:
    rows = given.get("conn_list")
    if rows is None:
        return [Problem("FromListConnector needs a list of connections", measured="None")]
    if len(rows) == 0:
        return []
    array = isinstance(rows, np.ndarray)
    flat = [] if array else [r for r in rows if not hasattr(r, "__len__")]
    if flat or (array and rows.ndim != 2):
        return [
            Problem(
                "the connection list is not a list of rows",
                measured=f"an element of type {type(flat[0] if flat else rows[0]).__name__}",
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
    numbers = np.asarray(rows, dtype=float)
    if np.isnan(numbers).any():
        problems.append(
            Problem(
                "the connection list holds NaN",
                f"in {int(np.isnan(numbers).any(1).sum())} rows",
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
    shown = list(signature(base.__init__).parameters.values())[1:]  # type: ignore[misc]
    parameters = [p.name for p in shown]

    def __init__(self: Any, *values: Any, **keywords: Any) -> None:
        name = type(self).__name__
        given = self.dialect.arguments(name, values, keywords, parameters)
        unknown = [k for k in given if k not in parameters]
        if unknown:
            raise UnknownParameterError(unknown, name, parameters)
        problems = check(given)
        allow = given.get("allow_self_connections", True)
        if allow not in (True, False, "NoMutual"):
            problems.append(
                Problem("allow_self_connections is unclear", f"{allow!r}",
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
        except (AssertionError, ZeroDivisionError, NameError, SyntaxError) as error:
            # PyNN tries its expressions with bare assertions.
            reason = f"{type(error).__name__}: {error}" if str(error) else "impossible values"
            raise ConnectorError(
                Problem(f"{name} cannot be made of these arguments", measured=reason), where=name
            ) from None

    return type(
        base.__name__,
        (base,),
        {
            "__init__": __init__,
            "__doc__": base.__doc__,
            "__module__": __name__,
            "__signature__": Signature(shown),
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
