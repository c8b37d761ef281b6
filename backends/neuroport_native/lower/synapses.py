"""Kernels of a synapse type: what the spikes that are looked at in a step do.

Synapses stand in the order of their presynaptic cells, and for each cell in the order of the steps
that its spikes wait: row ``cell*n_waits + q`` are those that wait ``waits[q]`` steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuroport_native.arithmetic import Arithmetic
from neuroport_native.lower.code import CellCode, SynapseCode
from neuroport_native.lower.kernel import Entry, Kernel, kernel_source
from neuroport_native.lower.statements import assigned, names_in, render

__all__ = ["SynapseLayout", "post_kernel", "pre_kernel", "take_kernel"]

_POST = "_post"


@dataclass(frozen=True)
class SynapseLayout:
    """How the values of synapses are stored.

    Attributes
    ----------
    code : SynapseCode
    arrival : str
        Statement of the target's receptor, with ``{w}``.
    target : CellCode
    arrays : tuple of str
        Constants that differ between the synapses of a group; the others are one number.
    delayed : bool
        Whether what is delivered arrives in a later step.
    """

    code: SynapseCode
    arrival: str
    target: CellCode
    arrays: tuple[str, ...]
    delayed: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """What each synapse has of its own, the weight first."""
        return (*self.code.states, *self.arrays)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Constants that are one number."""
        return tuple(c for c in self.code.constants if c not in self.arrays)

    @property
    def arriving(self) -> tuple[str, ...]:
        """Variables of the target cells that the arrival uses, in their own names."""
        names = names_in([self.arrival.format(w="0")])
        return tuple(sorted(n.removesuffix(_POST) for n in names if n.endswith(_POST)))

    def _cell(self, arithmetic: Arithmetic) -> list[Entry]:
        whole = (*self.target.counts, *self.target.whole_constants)
        return [Entry(f"at_{name}", "int64" if name in whole else arithmetic.state)
                for name in self.arriving if not name.startswith("t_")]

    def _name(self, name: str, timestep: float) -> str:
        if name in self.columns:
            return f"data[j*{len(self.columns)} + {self.columns.index(name)}]"
        if name in self.numbers:
            return f"numbers[{self.numbers.index(name)}]"
        if name == "t_in_timesteps" or name == "t_in_timesteps" + _POST:
            return "step"
        if name == "t":
            return f"(step*{timestep!r})"
        if name == "ms":
            return "1.0"
        if name.endswith(_POST) and name.removesuffix(_POST) in self.arriving:
            return f"at_{name.removesuffix(_POST)}[cell]"
        return name


_SPIKES = [Entry("parts"), Entry("slots"), Entry("base"), Entry("begin", "int64"),
           Entry("many", "int64"), Entry("lists", "int64"),
           Entry("row_base")]


def _loop(rows: str, body: list[str]) -> list[str]:
    """Return the loop over synapses whose spikes are due in this step."""
    return [
        "    for q in range(n_waits):",
        "        when = step - waits[q] - base",
        "        if when < 0:",
        "            continue",
        "        slot = when % slots",
        "        for part in range(parts):",
        "            here = pointer_int64(many[part])[slot]",
        "            if here == 0:",
        "                continue",
        "            place = pointer_int64(begin[part])[slot]",
        "            spikes = pointer_int32(lists[part])",
        "            for m in range(place, place + here):",
        "                row = (spikes[m] - row_base)*n_waits + q",
        f"                for p in range({rows}[row], {rows}[row + 1]):",
        *("                    " + line for line in body),
    ]


def pre_kernel(layout: SynapseLayout, arithmetic: Arithmetic, timestep: float) -> Kernel:
    """Return the kernel of presynaptic spikes."""
    code = layout.code
    path = code.pre

    def name(text: str) -> str:
        return layout._name(text, timestep)

    body = ["j = p", *_quick(layout, path.statements)]
    body += render(path.statements, _local(layout, path.statements, name))
    local = _local(layout, path.statements, name)
    if layout.delayed:
        body += ["ring[((step + lag[j]) % ring_slots)*ring_size + target[j] - ring_first] += "
                 "sent"]
    else:
        body += ["cell = target[j]",
                 *render([layout.arrival.format(w="sent")], local)]
    body += _put(layout, path.statements)
    entries = [*_SPIKES, Entry("n_waits"), Entry("waits", "int64"), Entry("rows", "int64"),
               Entry("target", "int32"), Entry("data", arithmetic.synapse),
               Entry("numbers", arithmetic.synapse)]
    if layout.delayed:
        entries += [Entry("ring", arithmetic.state), Entry("lag", "int32"), Entry("ring_slots"),
                    Entry("ring_size"), Entry("ring_first")]
    else:
        entries += layout._cell(arithmetic)
    work = [f"def work(step, {', '.join(e.name for e in entries)}):", *_loop("rows", body)]
    return kernel_source(entries, "\n".join(work), bare=True)


def post_kernel(layout: SynapseLayout, arithmetic: Arithmetic, timestep: float) -> Kernel | None:
    """Return the kernel of postsynaptic spikes, where synapses listen to them."""
    path = layout.code.post
    if path is None:
        return None

    def name(text: str) -> str:
        return layout._name(text, timestep)

    body = ["j = index[p]", *_quick(layout, path.statements),
            *render(path.statements, _local(layout, path.statements, name)),
            *_put(layout, path.statements)]
    entries = [*_SPIKES, Entry("n_waits"), Entry("waits", "int64"), Entry("rows", "int64"),
               Entry("index", "int32"), Entry("data", arithmetic.synapse),
               Entry("numbers", arithmetic.synapse)]
    work = [f"def work(step, {', '.join(e.name for e in entries)}):", *_loop("rows", body)]
    return kernel_source(entries, "\n".join(work), bare=True)


def take_kernel(layout: SynapseLayout, arithmetic: Arithmetic, timestep: float) -> Kernel | None:
    """Return the kernel that takes in what arrives in the coming step, where it comes later."""
    if not layout.delayed:
        return None

    def name(text: str) -> str:
        return layout._name(text, timestep)

    entries = [Entry("ring", arithmetic.state), Entry("ring_slots"), Entry("ring_size"),
               Entry("ring_first"), *layout._cell(arithmetic)]
    work = [f"def work(step, {', '.join(e.name for e in entries)}):",
            "    place = (step % ring_slots)*ring_size",
            "    for i in range(ring_size):",
            "        arriving = ring[place + i]",
            "        cell = ring_first + i",
            *("        " + line for line in render([layout.arrival.format(w="arriving")], name)),
            "        ring[place + i] = 0"]
    return kernel_source(entries, "\n".join(work), bare=True)


def _used(layout: SynapseLayout, texts: list[str]) -> list[str]:
    names = names_in(texts)
    return [c for c in layout.columns if c in names]


def _quick(layout: SynapseLayout, texts: list[str] | tuple[str, ...]) -> list[str]:
    """Return statements that fetch a synapse's values."""
    width = len(layout.columns)
    return [f"{name} = data[j*{width} + {layout.columns.index(name)}]"
            for name in _used(layout, list(texts))]


def _put(layout: SynapseLayout, statements: tuple[str, ...]) -> list[str]:
    """Return statements that put back what has changed."""
    width, changed = len(layout.columns), assigned(statements)
    return [f"data[j*{width} + {layout.columns.index(name)}] = {name}"
            for name in layout.columns if name in changed]


def _local(layout: SynapseLayout, statements: tuple[str, ...], name):  # type: ignore[no-untyped-def]
    """Return the naming inside a loop, where the synapse's values have been fetched."""
    return lambda text: text if text in layout.columns else name(text)
