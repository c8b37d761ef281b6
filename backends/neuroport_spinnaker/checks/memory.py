"""Does what each core keeps fit into its private memory?"""

from __future__ import annotations

from collections.abc import Iterator

from neuroport.findings import Finding, finding
from neuroport.findings.about import about, place
from neuroport.network.description import Population
from neuroport_spinnaker.chip.dtcm import CoreMemory, most_delayed
from neuroport_spinnaker.place.case import Case
from neuroport_spinnaker.place.core_memory import most_cells

__all__ = ["memory", "stages"]

# What memory is for -> in words, and what makes it smaller.
_PARTS = {
    "ring": ("the ring of inputs", "shorter delays"),
    "plasticity": ("the history of spikes for learning", "the same without plasticity"),
    "tables": ("the table of sources",
               "fewer populations that reach it: one large instead of many small ones"),
    "recording": ("recording", "record fewer cells"), "currents": ("currents", "fewer currents"),
    "cells": ("the cells", ""), "rows": ("buffers for rows", ""),
    "queue": ("the queue of spikes", "a smaller incoming_spike_buffer_size"),
    "delays": ("counters of delayed spikes", "shorter delays"),
}


def memory(case: Case) -> Iterator[Finding]:
    """Find cores whose program would not find the private memory that it needs."""
    budget = case.target.budget.data_bytes
    for population in case.network.populations:
        cores = case.memory[population.label]
        own = max((c for c in cores if c.kind != "delays"), key=lambda c: c.needed)
        for core in (own, *(c for c in cores if c.kind == "delays")):
            if core.needed > budget:
                yield from _too_small(case, population, core, budget)


def _too_small(
    case: Case, population: Population, core: CoreMemory, budget: int
) -> Iterator[Finding]:
    fits = _fits(case, population, core, budget)
    delays = core.kind == "delays"
    if delays and not fits:
        return  # NP307 and NP308 say so
    fixes = [f"neurons_per_core={{'{population.label}': {fits}}}"] if fits else []
    fixes += filter(None, _PARTS.get(core.largest(), ("", ""))[1:])
    parts = sorted((-size, name) for name, size in core.parts.items() if name in _PARTS and size)
    yield finding(
        "NP330", place(population) + (", core that delays its spikes" if delays else ""),
        measured=f"{core.needed} bytes (estimated) for {core.cells} cells: "
        + ", ".join(f"{_PARTS[name][0]} {-size}" for size, name in parts[:4]),
        limit=f"{budget} bytes, {core.parts['variables'] + core.parts['stacks']} of them "
        "for the program's own variables and stacks",
        why="the program asks for its memory at the start and gives up where there is none",
        fixes=fixes or ("fewer neurons or inputs",), line=population.line,
        population=population.label, neurons_per_core=fits or None, needed=core.needed,
        budget=budget, kind=core.kind,
    )


def _fits(case: Case, population: Population, core: CoreMemory, budget: int) -> int:
    """Return the most cells on a core with which it fits; 0 where not even one does."""
    lay = case.layouts[population.label]
    if core.kind == "delays":
        return _round(most_delayed(lay.stage, lay.stages, budget))
    return _round(most_cells(case.network, population, lay,
                             case.incoming.get(population.label, []), case.options, budget))


def _round(number: int) -> int:
    """Return a number that is easier to recognise in a script, and not above."""
    return number // 10 * 10 if number >= 20 else number


def stages(case: Case) -> Iterator[Finding]:
    """Find populations whose spikes would have to be delayed in stages of two lengths."""
    lates: dict[str, dict[str, int]] = {}
    for p in case.network.projections:
        ring = case.layouts[p.post].slots
        if p.size and 0 < ring < int(p.delay.max()):
            lates.setdefault(p.pre, {})[p.post] = ring
    for label, late in lates.items():
        population = case.populations[label]
        if len(set(late.values())) < 2:
            continue
        yield about(
            population, "NP331",
            measured="stages of " + ", ".join(f"{n} steps for '{k}'" for k, n in late.items()),
            limit="one length", why="sPyNNaker 7.4.1 has one core that delays the spikes of a "
            "population, with one length of a stage",
            fixes=("leave out neurons_per_core for these populations",
                   "the same neurons_per_core for all of them"),
        )
