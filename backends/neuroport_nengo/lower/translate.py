"""Statements in Brian2's syntax as Python functions on NumPy arrays.

A function takes a dictionary of arrays, the step and the time (ms) and, where it is for some
elements only, their numbers. Names that stand in the dictionary are read from it and written back;
all others are its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Variables", "expression", "function", "integrator", "variables_of"]

_DIFFERENTIAL = re.compile(r"d(\w+)/dt = (.+) : 1")
_DEFINITION = re.compile(r"(\w+) = (.+) : 1")
_VARIABLE = re.compile(r"(\w+) : (1|integer)(?: \(constant\))?")
_ARGUMENTS = "a, k, t"


@dataclass
class Variables:
    """What the equations of a cell or synapse declare.

    Attributes
    ----------
    arrays : dict of str to str
        Name -> kind of number, ``float`` or ``int``; one for each cell or synapse.
    definitions : dict of str to str
        Names for sub-expressions.
    derivatives : dict of str to str
        Name -> its derivative (per ms).
    """

    arrays: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    derivatives: dict[str, str] = field(default_factory=dict)


def variables_of(equations: str) -> Variables:
    """Return what equations declare.

    Raises
    ------
    ValueError
        For a line that is none of the three kinds.
    """
    found = Variables()
    for line in equations.splitlines():
        if match := _DIFFERENTIAL.fullmatch(line):
            found.derivatives[match[1]] = match[2]
            found.arrays[match[1]] = "float"
        elif match := _DEFINITION.fullmatch(line):
            found.definitions[match[1]] = match[2]
        elif match := _VARIABLE.fullmatch(line):
            found.arrays[match[1]] = "int" if match[2] == "integer" else "float"
        else:
            raise ValueError(f"not an equation: {line!r}")
    return found


class _ForArrays(ast.NodeTransformer):
    """Turns what Python asks of single truth values into functions of arrays."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == "t_in_timesteps":
            return ast.Name("k", node.ctx)
        text = self._variables.definitions.get(node.id)
        if text is None or not isinstance(node.ctx, ast.Load):
            return node
        return self._expression(text)

    def _expression(self, text: str) -> ast.expr:
        tree: ast.expr = ast.parse(text.strip(), mode="eval").body
        done = self.visit(tree)
        assert isinstance(done, ast.expr)
        return done

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        name = "both" if isinstance(node.op, ast.And) else "either"
        result = node.values[0]
        for value in node.values[1:]:
            result = _call(name, result, value)
        return result

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _call("neither", node.operand) if isinstance(node.op, ast.Not) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        values = [node.left, *node.comparators]
        pairs: list[ast.expr] = [
            ast.Compare(left, [op], [right])
            for left, op, right in zip(values, node.ops, values[1:], strict=False)]
        result = pairs[0]
        for pair in pairs[1:]:
            result = _call("both", result, pair)
        return result

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return _call("choose", node.test, node.body, node.orelse)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.Assign:
        assert isinstance(node.target, ast.Name)
        read = ast.Name(node.target.id, ast.Load())
        made = ast.Assign([node.target], ast.BinOp(read, node.op, node.value), lineno=0)
        done = self.visit(made)
        assert isinstance(done, ast.Assign)
        return done


def _call(name: str, *values: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(values), [])


def _tree(text: str, variables: Variables) -> ast.Module:
    tree: ast.Module = _ForArrays(variables).visit(ast.parse(text))
    return ast.fix_missing_locations(tree)


def _loaded(node: ast.AST) -> list[str]:
    return [n.id for n in ast.walk(node)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]


def expression(text: str, variables: Variables) -> str:
    """Return an expression in NumPy's words, with the names of sub-expressions replaced."""
    return ast.unparse(_tree(text.strip(), variables))


def function(
    name: str,
    text: str,
    variables: Variables,
    *,
    some: bool = False,
    extra: str = "",
    returns: str = "",
    head: Iterable[str] = (),
) -> str:
    """Return the source of a function that carries statements out.

    Parameters
    ----------
    name : str
    text : str
        Statements.
    variables : Variables
    some : bool
        Whether it is for the elements ``i`` only.
    extra : str
        A further argument.
    returns : str
        What it returns, an expression.
    head : iterable of str
        Lines of Python before the statements, as they are.
    """
    body = [*head, *_carried_out(text, variables, some)]
    if returns:
        body += _carried_out(f"result = {returns}", variables, some) + ["return result"]
    arguments = ", ".join([_ARGUMENTS, *filter(None, ["i" if some else "", extra])])
    return "\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in body or ["pass"])])


def _carried_out(text: str, variables: Variables, some: bool) -> list[str]:
    """Return lines that read what statements need, carry them out and write back."""
    at = "[i]" if some else ""
    read: dict[str, None] = {}
    written: dict[str, None] = {}
    lines = []
    for statement in _tree(text, variables).body:
        assert isinstance(statement, ast.Assign)
        for name in _loaded(statement.value):
            if name in variables.arrays and name not in written:
                read[name] = None
        target = statement.targets[0]
        assert isinstance(target, ast.Name)
        written[target.id] = None
        lines.append(ast.unparse(statement))
    return [
        *(f"{name} = a['{name}']{at}" for name in read),
        *lines,
        *(f"a['{name}']{at or '[...]'} = {name}" for name in written if name in variables.arrays),
    ]


def integrator(method: str, variables: Variables, timestep: float) -> list[str]:
    """Return lines that take all derivatives through a step.

    Parameters
    ----------
    method : str
        ``rk4``, or ``exponential_euler``: each variable by the closed solution of its equation,
        which is linear in it, with all others held.
    variables : Variables
    timestep : float
        ms.
    """
    names = list(variables.derivatives)
    right = {name: expression(text, variables) for name, text in variables.derivatives.items()}
    needed = dict.fromkeys(
        name for text in right.values() for name in _loaded(ast.parse(text))
        if name in variables.arrays and name not in right)
    lines = [*(f"{name} = a['{name}']" for name in needed),
             *(f"{name}_0 = {name} = a['{name}']" for name in names)]
    if method == "exponential_euler":
        for name in names:
            # Two points of a straight line: what it is without the variable, and the slope.
            lines += [f"{name} = 0.0", f"{name}_c = {right[name]}",
                      f"{name} = 1.0", f"{name}_s = {right[name]} - {name}_c",
                      f"{name} = {name}_0"]
        step = f"{timestep!r}"
        lines += [
            f"a['{name}'][...] = {name}_0 + ({name}_c + {name}_s*{name}_0)"
            f"*{step}*exprel({name}_s*{step})" for name in names]
        return lines
    stages: Mapping[int, float] = {1: 0.0, 2: 0.5, 3: 0.5, 4: 1.0}
    lines.append("begin = t")
    for stage, part in stages.items():
        if part:
            far = part * timestep
            lines.append(f"t = begin + {far!r}")
            lines += [f"{name} = {name}_0 + {far!r}*{name}_{stage - 1}" for name in names]
        lines += [f"{name}_{stage} = {right[name]}" for name in names]
    lines += [
        f"a['{name}'][...] = {name}_0 + {timestep!r}/6.0*"
        f"({name}_1 + 2.0*{name}_2 + 2.0*{name}_3 + {name}_4)" for name in names]
    return [*lines, "t = begin"]
