"""Expressions and statements of a model's own equations: read, and refused with a way out.

They are plain arithmetic with the usual functions (exp, log, sqrt, sin, cos, tanh, abs, clip).
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from neuroport.errors import InvalidValueError, Problem, unknown_name
from neuroport.network.cells import CellEquations
from neuroport.plain_numbers import number_problem, shown

__all__ = [
    "assignment",
    "multiplies_a_driving_force",
    "names_in",
    "refuse_other_kinds",
    "statements_of",
    "unknown_names",
    "unusable_names",
]

FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "abs", "clip", "int", "log10",
             "exprel", "sinh", "cosh", "floor", "ceil", "uniform", "binomial")


def names_in(expression: str, where: str) -> set[str]:
    """Return the names in an expression; refuse what is not plain arithmetic."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidValueError(
            Problem(f"cannot read the expression {shown(expression)}",
                    measured=str(getattr(error, "msg", error))),
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


def assignment(statement: str, where: str) -> tuple[str, str, str]:
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


def unknown_names(names: set[str], known: set[str], text: str) -> list[Problem]:
    return [
        unknown_name(f"unknown name '{name}' in {text!r}", name, sorted(known), "known",
                     f"add '{name}' to the parameters")
        for name in sorted(names - known - set(FUNCTIONS))
    ]


def statements_of(given: str | Sequence[str]) -> list[str]:
    """Split ``"v = v_reset; w += b"``, or a list of such texts, into single statements."""
    texts = [given] if isinstance(given, str) else list(given)
    return [s.strip() for text in texts for s in text.split(";") if s.strip()]


def refuse_other_kinds(
    where: str, *, numbers: Mapping[str, Any], named_texts: Mapping[str, Any],
    lists: Mapping[str, Any], texts: Mapping[str, Any] | None = None,
) -> None:
    """Refuse arguments of equations that are of another kind, all at once.

    Parameters
    ----------
    where : str
        The call.
    numbers, named_texts : mapping of str to object
        Arguments that map names to numbers, or to texts.
    lists : mapping of str to object
        Arguments that are a text or a list of texts.
    texts : mapping of str to object, optional
        Arguments that are a text.
    """
    problems = []
    for name, given in (texts or {}).items():
        if not isinstance(given, str):
            problems.append(Problem(f"{name} is not a text", shown(given), "a text"))
    for name, given in lists.items():
        if not isinstance(given, str) and not (
            isinstance(given, (list, tuple)) and all(isinstance(text, str) for text in given)
        ):
            problems.append(Problem(f"{name} is neither a text nor a list of texts", shown(given),
                                    "'v = v_reset' or ['v = v_reset', ...]"))
    for name, given in {**numbers, **named_texts}.items():
        if given is None and name in ("definitions", "units"):
            continue
        if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
            problems.append(Problem(f"{name} is not a dictionary of names", shown(given)))
        elif name in numbers:
            found = (number_problem(f"{name}['{key}']", value) for key, value in given.items())
            problems += [problem for problem in found if problem is not None]
        else:
            problems += [Problem(f"{name}['{key}'] is not a text", shown(value), "a text")
                         for key, value in given.items() if not isinstance(value, str)]
    if problems:
        raise InvalidValueError(problems, where=where)


def unusable_names(name: str, groups: Mapping[str, Collection[str]], taken: Sequence[str]
              ) -> list[Problem]:
    """Return what is wrong with the names themselves: no identifiers, taken, or given twice."""
    problems = []
    seen: dict[str, str] = {}
    if not _is_name(name):
        problems.append(Problem(f"{name!r} cannot be a name", limit=_NAMES))
    for group, names in groups.items():
        for one in names:
            if not _is_name(one):
                problems.append(Problem(f"{group} {one!r} cannot be a name", limit=_NAMES))
            elif one in taken or one in FUNCTIONS:
                problems.append(
                    Problem(f"{group} '{one}' has a name that means something else in equations",
                            limit=f"taken: {', '.join(taken)} and functions",
                            fix="choose another name")
                )
            elif one in seen:
                problems.append(
                    Problem(f"'{one}' is a {seen[one]} and a {group}", fix="choose another name")
                )
            seen[one] = group
    return problems


_NAMES = "ASCII letters, digits and underscores, beginning with a letter"


def _is_name(text: Any) -> bool:
    return (isinstance(text, str) and re.fullmatch(r"[A-Za-z]\w*", text, re.ASCII) is not None
            and not keyword.iskeyword(text))


def multiplies_a_driving_force(variable: str, equations: CellEquations) -> bool:
    """Tell whether a variable is multiplied by a difference with the membrane potential."""
    potential = equations.potential
    if variable == potential:
        return False
    defined = {name: ast.parse(text.strip(), mode="eval").body
               for name, text in equations.definitions.items()}

    def factors(node: ast.expr, depth: int = 0) -> list[ast.expr]:
        if isinstance(node, ast.Name) and node.id in defined and depth < len(defined):
            return factors(defined[node.id], depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return factors(node.left, depth) + factors(node.right, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return factors(node.left, depth)
        return factors(node.operand, depth) if isinstance(node, ast.UnaryOp) else [node]

    def is_force(node: ast.expr) -> bool:
        difference = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Add))
        return difference and any(
            isinstance(part, ast.Name) and part.id == potential for part in ast.walk(node)
        )

    for text in (*equations.derivatives.values(), *equations.definitions.values()):
        for node in ast.walk(ast.parse(text.strip(), mode="eval")):
            if isinstance(node, ast.BinOp):
                parts = factors(node)
                named = any(isinstance(p, ast.Name) and p.id == variable for p in parts)
                if named and any(is_force(p) for p in parts):
                    return True
    return False
