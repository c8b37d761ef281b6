"""Statements of descriptions as Python that numba compiles and LLVM can vectorise."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

__all__ = ["assigned", "names_in", "render", "render_expression"]


class _Renderer(ast.NodeTransformer):
    """Renames, and removes what would branch.

    ``and`` and ``or`` would look at their second part only where needed: both parts are plain
    arithmetic, so looking at both is the same, and can be done for several cells at once.
    """

    def __init__(self, name: Callable[[str], str]) -> None:
        self._name = name

    def visit_Name(self, node: ast.Name) -> ast.expr:
        made: ast.expr = ast.parse(self._name(node.id), mode="eval").body
        if isinstance(made, (ast.Name, ast.Subscript)):
            made.ctx = node.ctx
        return made

    def visit_Call(self, node: ast.Call) -> ast.expr:
        assert isinstance(node.func, ast.Name)
        arguments = [self.visit(a) for a in node.args]
        if node.func.id == "where":
            condition, yes, no = arguments
            return ast.IfExp(condition, yes, no)
        return ast.Call(node.func, arguments, [])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        operator = ast.BitAnd() if isinstance(node.op, ast.And) else ast.BitOr()
        values = [_truth(self.visit(v)) for v in node.values]
        result = values[0]
        for value in values[1:]:
            result = ast.BinOp(result, operator, value)
        return result

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        operand = self.visit(node.operand)
        if isinstance(node.op, ast.Not):
            return ast.Compare(_truth(operand), [ast.Eq()], [ast.Constant(False)])
        return ast.UnaryOp(node.op, operand)


def _truth(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Compare):
        return node
    return ast.Compare(node, [ast.NotEq()], [ast.Constant(0)])


def render_expression(text: str, name: Callable[[str], str]) -> str:
    """Return an expression with its names replaced.

    Parameters
    ----------
    text : str
    name : callable
        ``name(variable) -> expression``.
    """
    tree = _Renderer(name).visit(ast.parse(text.strip(), mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree))


def render(statements: Iterable[str], name: Callable[[str], str]) -> list[str]:
    """Return statements with their names replaced, one a line."""
    tree = _Renderer(name).visit(ast.parse("\n".join(s.strip() for s in statements)))
    return ast.unparse(ast.fix_missing_locations(tree)).splitlines()


def names_in(texts: Iterable[str]) -> set[str]:
    """Return the variables in statements or expressions."""
    trees = [ast.parse(text.strip()) for text in texts]
    called = {id(n.func) for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return {n.id for tree in trees for n in ast.walk(tree)
            if isinstance(n, ast.Name) and id(n) not in called}


def assigned(statements: Iterable[str]) -> list[str]:
    """Return the variables that statements assign, in order."""
    found = []
    for text in statements:
        for node in ast.parse(text.strip()).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else (
                node.target if isinstance(node, ast.AugAssign) else None)
            if isinstance(target, ast.Name):
                found.append(target.id)
    return list(dict.fromkeys(found))
