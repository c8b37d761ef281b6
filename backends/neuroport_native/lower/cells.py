"""The kernel of a cell type: update, threshold and reset of neighbouring cells in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from neuroport_native.arithmetic import Arithmetic
from neuroport_native.lower.code import INJECTED, CellCode
from neuroport_native.lower.kernel import Entry, Kernel, kernel_source
from neuroport_native.lower.statements import assigned, names_in, render, render_expression

__all__ = ["CellLayout", "after_kernel", "update_kernel"]

# Cells are looked through for spikes in blocks of this many.
_BLOCK = 64


@dataclass(frozen=True)
class CellLayout:
    """Which constants of a cell type are one number for neighbours, and which an array.

    Attributes
    ----------
    code : CellCode
    arrays : tuple of str
        Constants that have a value for each cell; the others have one for all of them. The
        injected current counts as a constant, whole numbers, too.
    """

    code: CellCode
    arrays: tuple[str, ...]

    @property
    def constants(self) -> tuple[str, ...]:
        """All constants in the numbers of the arithmetic."""
        return (*self.code.constants, INJECTED)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Constants with one value for all cells."""
        return tuple(c for c in self.constants if c not in self.arrays)

    @property
    def whole(self) -> tuple[str, ...]:
        """Whole constants with one value for all cells."""
        return tuple(c for c in self.code.whole_constants if c not in self.arrays)

    def entries(self, arithmetic: Arithmetic) -> list[Entry]:
        """Return what the kernels of the cell type find in their tables."""
        kind = arithmetic.state
        return [
            *(Entry(f"at_{name}", kind) for name in self.code.states),
            *(Entry(f"at_{name}", "int64") for name in self.code.counts),
            *(Entry(f"at_{name}", "int64" if name in self.code.whole_constants else kind)
              for name in self.arrays),
            Entry("numbers", kind), Entry("whole", "int64"),
        ]


_KNOWN = {"t_in_timesteps": "step", "ms": "1.0"}


def _constants(layout: CellLayout, texts: Iterable[str]) -> list[str]:
    """Return statements that fetch, before the loop, the constants that texts use."""
    used = names_in(texts)
    return [
        *(f"{name} = numbers[{k}]" for k, name in enumerate(layout.numbers) if name in used),
        *(f"{name} = whole[{k}]" for k, name in enumerate(layout.whole) if name in used)]


def _named(known: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: known.get(name, name)


class _Body:
    """Statements about one cell ``i``: what they read is fetched, what they change put back."""

    def __init__(self, layout: CellLayout, timestep: float) -> None:
        self._layout, self._code = layout, layout.code
        self._stored = (*self._code.states, *self._code.counts, *layout.arrays)
        self._known = {**_KNOWN, "t": f"(step*{timestep!r})"}
        self.texts: list[str] = []
        self.lines: list[str] = []

    def add(self, statements: Iterable[str]) -> None:
        """Take statements of the description."""
        statements = list(statements)
        self.texts += statements
        self.lines += render(statements, _named(self._known))

    def integrate(self, timestep: float) -> None:
        """Take a step of the differential equations."""
        code = self._code
        if code.derivatives:
            self._runge_kutta(timestep)
        if code.linear:
            self._exponential_euler(timestep)

    def needed(self, texts: Iterable[str]) -> list[str]:
        """Return definitions that texts use, as statements."""
        definitions, wanted = self._code.definitions, list(texts)
        used: set[str] = set()
        for name in reversed(tuple(definitions)):
            if name in names_in([*wanted, *(definitions[u] for u in used)]):
                used.add(name)
        return [f"{name} = {definitions[name]}" for name in definitions if name in used]

    def _exponential_euler(self, timestep: float) -> None:
        linear = self._code.linear
        self.add(self.needed(text for pair in linear.values() for text in pair))
        for variable, (rate, drive) in linear.items():
            if drive == "0.0":
                self.add([f"next_{variable} = {variable}*exp(-({rate})*{timestep!r})"])
            else:
                self.add([f"rate_{variable} = {rate}",
                          f"rest_{variable} = ({drive})/rate_{variable}",
                          f"next_{variable} = ({variable} - rest_{variable})"
                          f"*exp(-rate_{variable}*{timestep!r}) + rest_{variable}"])
        self.add(f"{variable} = next_{variable}" for variable in linear)

    def _runge_kutta(self, timestep: float) -> None:
        derivatives = self._code.derivatives
        definitions = self.needed(derivatives.values())
        self.texts += [*(d.split(" = ", 1)[1] for d in definitions), *derivatives.values()]
        shares = (0.0, 0.5, 0.5, 1.0)
        for stage, share in enumerate(shares, start=1):
            local = {}
            for variable in derivatives:
                if share:
                    local[variable] = f"y{stage}_{variable}"
                    self.lines.append(
                        f"y{stage}_{variable} = {variable} + "
                        f"{share * timestep!r}*k{stage - 1}_{variable}")
            known = {**self._known, **local,
                     "t": f"((step + {share!r})*{timestep!r})",
                     **{name: f"d{stage}_{name}" for name in self._code.definitions}}
            self.lines += render(definitions, _named(known))
            self.lines += [f"k{stage}_{v} = {render_expression(text, _named(known))}"
                           for v, text in derivatives.items()]
        self.lines += [
            f"{v} = {v} + (k1_{v} + 2.0*(k2_{v} + k3_{v}) + k4_{v})*{timestep / 6.0!r}"
            for v in derivatives]
        self.texts += [f"{v} = {v}" for v in derivatives]

    def expression(self, text: str) -> str:
        """Return an expression of the description, with the definitions it needs before it."""
        self.add(self.needed([text]))
        self.texts.append(text)
        return render_expression(text, _named(self._known))

    @property
    def constants(self) -> list[str]:
        """Statements that fetch constants, for before the loop."""
        return _constants(self._layout, self.texts)

    @property
    def fetched(self) -> list[str]:
        """Statements that fetch what is stored."""
        read = names_in(self.texts)
        return [f"{name} = at_{name}[i]" for name in self._stored if name in read]

    @property
    def put_back(self) -> list[str]:
        """Statements that put back what has changed."""
        changed = set(assigned(self.texts))
        return [f"at_{name}[i] = {name}" for name in (*self._code.states, *self._code.counts)
                if name in changed]


def update_kernel(layout: CellLayout, arithmetic: Arithmetic, timestep: float) -> Kernel:
    """Return the kernel that takes some cells through a step and lists those that spike.

    Its table has, besides the cells' values, ``n`` cells of which the first has the number
    ``first`` in its group, room for flags in ``fired``, and the ring of spike lists: ``slots`` of
    them, with `n` places each, in ``ring`` and their lengths in ``count``.
    """
    code = layout.code
    body = _Body(layout, timestep)
    body.add(code.before)
    body.integrate(timestep)
    body.add(code.step)
    fires = body.expression(code.threshold)
    reset = _Body(layout, timestep)
    reset.add(reset.needed(code.reset))
    reset.add(code.reset)
    entries = [Entry("n"), Entry("first"), Entry("slots"), Entry("fired", "uint8"),
               Entry("ring", "int32"), Entry("count", "int64"), *layout.entries(arithmetic)]
    names = ", ".join(entry.name for entry in entries)
    lines = [
        f"def update(step, {names}):",
        *_indented(1, body.constants),
        "    for i in range(n):",
        *_indented(2, body.fetched, body.lines, [f"fired[i] = {fires}"], body.put_back),
        "",
        "",
        f"def spikes(step, {names}):",
        *_indented(1, reset.constants),
        "    slot = step % slots",
        "    place = slot*n",
        f"    for begin in range(0, n, {_BLOCK}):",
        f"        end = min(n, begin + {_BLOCK})",
        "        found = 0",
        "        for i in range(begin, end):",
        "            found |= fired[i]",
        "        if found:",
        "            for i in range(begin, end):",
        "                if fired[i]:",
        "                    ring[place] = first + i",
        "                    place += 1",
        *_indented(5, reset.fetched, reset.lines, reset.put_back),
        "    count[slot] = place - slot*n",
    ]
    return kernel_source(entries, "\n".join(lines), calls=("update", "spikes"))


def after_kernel(layout: CellLayout, arithmetic: Arithmetic, timestep: float) -> Kernel | None:
    """Return the kernel of what cells do when all inputs of a step have arrived, if anything."""
    if not layout.code.after:
        return None
    body = _Body(layout, timestep)
    body.add(body.needed(s.split("=", 1)[1] for s in layout.code.after))
    body.add(layout.code.after)
    entries = [Entry("n"), *layout.entries(arithmetic)]
    lines = [f"def work(step, {', '.join(entry.name for entry in entries)}):",
             *_indented(1, body.constants),
             "    for i in range(n):",
             *_indented(2, body.fetched, body.lines, body.put_back)]
    return kernel_source(entries, "\n".join(lines))


def _indented(depth: int, *parts: Iterable[str]) -> list[str]:
    return ["    " * depth + line for lines in parts for line in lines]
