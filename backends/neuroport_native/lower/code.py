"""What the kernel generator needs to know of a cell and a synapse type, and how it is read.

The contract's statements (:mod:`neuroport.statements`) are text with declarations; here they are
taken apart, once, into what lasts and what does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuroport.network.description import Projection
from neuroport.statements.names import in_order, inside
from neuroport.statements.neurons import NeuronCode
from neuroport.statements.synapses import SynapseCode as SynapseStatements
from neuroport_native.lower.linear import linear_in
from neuroport_native.lower.statements import assigned, names_in

__all__ = ["INJECTED", "CellCode", "SynapseCode", "Values", "cell_from", "synapse_from"]

INJECTED = "x_i_inj"
"""The injected current of a cell (nA): a constant of each step, from outside."""

Values = dict[str, NDArray[np.float64]]
_DIFFERENTIAL = re.compile(r"d(\w+)/dt = (.+) : 1")
_DEFINITION = re.compile(r"(\w+) = (.+) : 1")
_VARIABLE = re.compile(r"(\w+) : (1|integer)( \(constant\))?")
_HELD = re.compile(r"(\w+) = x_active\*(.+) \+ \(1 - x_active\)\*\1")


@dataclass(frozen=True)
class CellCode:
    """How a step of one cell type is computed.

    Attributes
    ----------
    states, counts : tuple of str
        What lasts from step to step: numbers of the arithmetic, and whole ones.
    constants, whole_constants : tuple of str
        The same of what `coefficients` gives.
    threshold : str
        Spike condition.
    reset : tuple of str
        Statements after a spike.
    coefficients : callable
        ``coefficients(parameters) -> {variable: values}``, stored as they are.
    arrivals : mapping of str to str
        Receptor -> statement that takes the weight ``{w}`` in; names that end in ``_post`` are
        the target cell's.
    derivatives : mapping of str to str
        State -> its derivative, per ms, for ``method="rk4"``.
    linear : mapping of str to tuple of str
        State -> (rate, drive): its derivative is drive - rate*state, for
        ``method="exponential_euler"``.
    definitions : mapping of str to str
        Names for sub-expressions, each after those that it uses.
    before, step, after : tuple of str
        Statements before the integration, after it, and at the end of a step, when all inputs for
        the next one have arrived. What they assign and is not declared lives in the step only.
    initial : mapping of str to float
        First values of states that have no name of PyNN's.
    stored : callable
        Values of states in PyNN's units, as the statements keep them.
    """

    states: tuple[str, ...]
    constants: tuple[str, ...]
    threshold: str
    reset: tuple[str, ...]
    coefficients: Callable[[Mapping[str, NDArray[np.float64]]], Values]
    arrivals: Mapping[str, str]
    counts: tuple[str, ...] = ()
    whole_constants: tuple[str, ...] = ()
    derivatives: Mapping[str, str] = field(default_factory=dict)
    linear: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    initial: Mapping[str, float] = field(default_factory=dict)
    stored: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda values: values


@dataclass(frozen=True)
class Pathway:
    """What happens when a spike is looked at.

    Attributes
    ----------
    statements : tuple of str
        Presynaptic ones leave what is delivered in ``sent``.
    wait : callable
        ``wait(projection) -> steps for each synapse``: a spike of step k is looked at at the end
        of step k + wait.
    """

    statements: tuple[str, ...]
    wait: Callable[[Projection], NDArray[np.int64]]


@dataclass(frozen=True)
class SynapseCode:
    """How the synapses of one type are computed.

    Attributes
    ----------
    states, constants : tuple of str
        Of each synapse; what else the statements assign is gone afterwards.
    pre : Pathway
    post : Pathway or None
        In a step postsynaptic spikes are looked at first.
    values : callable
        ``values(projection, target_parameters) -> {variable: values for each synapse}``, stored
        as they are.
    lag : callable or None
        ``lag(projection) -> steps`` between a presynaptic spike's statements and the arrival of
        what they sent; None: none.
    signed : bool
        Whether ``s_w``, the weight, is a magnitude, with the sign in ``s_sign``.
    static : bool
        Whether nothing but the weight is kept.
    """

    states: tuple[str, ...]
    constants: tuple[str, ...]
    pre: Pathway
    values: Callable[[Projection, Mapping[str, NDArray[np.float64]]], Values]
    post: Pathway | None = None
    lag: Callable[[Projection], NDArray[np.int64]] | None = None
    signed: bool = False
    static: bool = False


@dataclass
class _Declared:
    """What equations declare: name -> text, or whole or not and constant or not."""

    definitions: dict[str, str] = field(default_factory=dict)
    derivatives: dict[str, str] = field(default_factory=dict)
    variables: dict[str, tuple[bool, bool]] = field(default_factory=dict)

    def named(self, whole: bool, constant: bool) -> tuple[str, ...]:
        return tuple(n for n, kind in self.variables.items() if kind == (whole, constant))


def _declared(equations: str) -> _Declared:
    found = _Declared()
    for line in filter(None, map(str.strip, equations.splitlines())):
        if match := _DIFFERENTIAL.fullmatch(line):
            found.derivatives[match[1]] = match[2].removesuffix("/ms")
            found.variables[match[1]] = (False, False)
        elif match := _DEFINITION.fullmatch(line):
            found.definitions[match[1]] = match[2]
        elif match := _VARIABLE.fullmatch(line):
            found.variables[match[1]] = (match[2] == "integer", match[3] is not None)
        else:
            raise ValueError(f"not an equation: {line!r}")
    return found


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.splitlines())))


def _choice(line: str) -> str:
    """Return a statement that holds a refractory cell's value as a choice, which costs less."""
    match = _HELD.fullmatch(line)
    return f"{match[1]} = where(x_active > 0, {match[2]}, {match[1]})" if match else line


def cell_from(code: NeuronCode, recordable: Iterable[str] = ()) -> CellCode:
    """Return the statements of a cell type, taken apart.

    Parameters
    ----------
    code : NeuronCode
    recordable : iterable of str
        PyNN's names of what can be recorded. Sub-expressions among them are kept as states, which
        are set when a step is complete.
    """
    declared = _declared(code.equations)
    shown = [name for name in map(inside, recordable) if name in declared.definitions]
    for name in shown:
        declared.variables[name] = (False, False)
    before, after = _lines(code.before), _lines(code.after)
    step, reset = tuple(map(_choice, _lines(code.step))), _lines(code.reset)
    derivatives, linear = dict(declared.derivatives), {}
    if code.method == "exponential_euler":
        linear = {v: linear_in(text, v, declared.definitions) for v, text in derivatives.items()}
        derivatives = {}
    lasting = _lasting(
        declared, {*map(inside, code.variables), *code.initial, *shown}, (*before, *step),
        derivatives,
        (*reset, *after, *(a.format(w="0").replace("_post", "") for a in code.arrivals.values())))
    return CellCode(
        states=tuple(n for n in declared.named(False, False) if n in lasting),
        counts=tuple(n for n in declared.named(True, False) if n in lasting),
        constants=declared.named(False, True),
        whole_constants=declared.named(True, True),
        threshold=code.threshold,
        reset=reset,
        coefficients=code.coefficients,
        arrivals=code.arrivals,
        derivatives=derivatives,
        linear=linear,
        definitions=in_order(declared.definitions),
        before=before,
        step=step,
        after=(*after, *(f"{name} = {declared.definitions[name]}" for name in shown)),
        initial=code.initial,
        stored=code.stored,
    )


def _lasting(
    declared: _Declared, named: set[str], during: Iterable[str], derivatives: Mapping[str, str],
    elsewhere: Iterable[str],
) -> set[str]:
    """Return the variables whose value is needed after the step that sets it."""
    kept = named | set(declared.derivatives) | names_in(elsewhere)
    set_here: set[str] = set()
    for line in during:
        kept |= _read(line) - set_here
        set_here |= set(assigned([line]))
    kept |= names_in([*derivatives.values(), *declared.definitions.values()]) - set_here
    return (kept & set(declared.variables)) - {INJECTED}


def _read(statement: str) -> set[str]:
    tree = ast.parse(statement)
    added = {n.target.id for n in ast.walk(tree)
             if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)}
    return added | {n.id for n in ast.walk(tree)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def synapse_from(code: SynapseStatements, static: bool) -> SynapseCode:
    """Return the statements of a synapse type that hands out ``sent``, taken apart."""
    declared = _declared(code.equations)
    paths = {path.side: Pathway(_lines(path.statements), path.delay) for path in code.pathways}
    states = (*declared.named(False, False), *declared.named(True, False))
    return SynapseCode(
        states=("s_w", *(n for n in states if n != "s_w")),
        constants=(*declared.named(False, True), *declared.named(True, True)),
        pre=paths["pre"],
        post=paths.get("post"),
        values=code.values,
        lag=code.under_way,
        signed=code.signed,
        static=static,
    )
