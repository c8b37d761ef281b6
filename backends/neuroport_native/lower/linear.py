"""An expression that is linear in one variable, as a rate and a drive."""

from __future__ import annotations

import ast
from collections.abc import Mapping

__all__ = ["linear_in"]

_Parts = tuple[str | None, str | None]  # factor of the variable, and the rest


def linear_in(text: str, variable: str, definitions: Mapping[str, str]) -> tuple[str, str]:
    """Return (rate, drive) of an expression ``drive - rate*variable``.

    Parameters
    ----------
    text : str
    variable : str
    definitions : mapping of str to str
        Names for sub-expressions; those that hold the variable must not be factors of it.

    Raises
    ------
    ValueError
        If the expression is not linear in the variable.
    """
    factor, rest = _parts(ast.parse(text.strip(), mode="eval").body, variable, definitions)
    return f"-({factor or '0.0'})", rest or "0.0"


def _parts(node: ast.expr, variable: str, definitions: Mapping[str, str]) -> _Parts:
    if isinstance(node, ast.Name) and node.id == variable:
        return "1.0", None
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if variable not in names:
        return None, f"({ast.unparse(node)})"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        factor, rest = _parts(node.operand, variable, definitions)
        return _negative(factor), _negative(rest)
    if isinstance(node, ast.BinOp):
        left = _parts(node.left, variable, definitions)
        right = _parts(node.right, variable, definitions)
        if isinstance(node.op, ast.Add):
            return _sum(left[0], right[0]), _sum(left[1], right[1])
        if isinstance(node.op, ast.Sub):
            return _sum(left[0], _negative(right[0])), _sum(left[1], _negative(right[1]))
        if isinstance(node.op, ast.Mult) and (left[0] is None or right[0] is None):
            if right[0] is not None:
                left, right = right, left
            return _times(left[0], right[1]), _times(left[1], right[1])
        if isinstance(node.op, ast.Div) and right[0] is None:
            return (None if left[0] is None else f"{left[0]}/{right[1]}",
                    None if left[1] is None else f"{left[1]}/{right[1]}")
    raise ValueError(f"not linear in {variable}: {ast.unparse(node)}")


def _negative(text: str | None) -> str | None:
    return None if text is None else f"(-{text})"


def _sum(left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return left if right is None else right
    return f"({left} + {right})"


def _times(left: str | None, right: str | None) -> str | None:
    return None if left is None or right is None else f"{left}*{right}"
