"""What a network asks and a backend does not have, from what the backend declares.

Every backend is judged alike: its ``check`` begins with :func:`judge` and adds what cannot be
declared. The codes and reasons are the backend's own where it gives them, else general ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.capabilities import (
    LACKS,
    Capabilities,
    CellCapability,
    NumericsTable,
    Refusal,
    StdpCapability,
    SynapseCapability,
)
from neuroport.findings.finding import Finding, finding
from neuroport.findings.honoured import listed, mattering, runnable, switch_to, unmet
from neuroport.findings.nearest import nearest_cell, nearest_synapse
from neuroport.network.cells import CELLS
from neuroport.network.description import Network, Population, Projection, SpikeTimes
from neuroport.network.plasticity import stdp_rule
from neuroport.network.signs import sign_problem
from neuroport.network.synapses import TIMING_RULES, WEIGHT_RULES
from neuroport.numerics import to_steps
from neuroport.numerics.relevance import has_closed_solution

__all__ = ["judge"]

def judge(network: Network, capabilities: Capabilities) -> list[Finding]:
    """Return a finding for everything that a network asks and a backend does not have.

    Parameters
    ----------
    network : Network
        Realised; weights as the user wrote them.
    capabilities : Capabilities
        What the backend declares.

    Returns
    -------
    list of Finding
        In the order of the network: its numerics, populations, projections, currents.
    """
    return list(_Judge(network, capabilities).all())


class _Judge:
    """One network before one backend."""

    def __init__(self, network: Network, capabilities: Capabilities) -> None:
        self.network = network
        self.has = capabilities
        self.populations = {p.label: p for p in network.populations}

    def all(self) -> Iterator[Finding]:
        yield from self._numerics()
        for population in self.network.populations:
            yield from self._population(population)
        looped = _looped({(p.pre, p.post) for p in self.network.projections
                          if p.size and int(p.delay.min()) < 1})
        for projection in self.network.projections:
            yield from self._projection(projection, looped)
        for number, source in enumerate(self.network.currents):
            if source.kind not in self.has.currents:
                yield self._lack(
                    "current", f"current source {number + 1}", source, measured=source.kind,
                    limit=", ".join(self.has.currents) or "no current sources",
                )

    def _lack(
        self, what: str, where: str, thing: Any, *, measured: str, limit: str,
        fixes: Iterable[str] = (), **data: Any,
    ) -> Finding:
        """Return the finding for something that is lacking, in the backend's words."""
        general, own = LACKS[what], self.has.refusals.get(what, Refusal())
        return finding(
            own.code or general.code, where, measured=measured, limit=limit,
            why=own.why or general.why,
            fixes=(*(f for f in fixes if f), *own.fixes) or ("another backend",),
            line=getattr(thing, "line", None), **data,
        )

    # -- numerics ------------------------------------------------------------------------------

    def _numerics(self) -> Iterator[Finding]:
        mine = self.network.numerics
        matter = mattering(self.network, self.has)
        wrong = unmet(mine, matter)
        if wrong:
            yield self._lack(
                "numerics", "network", None, limit=listed(wrong),
                measured=", ".join(f"{c}: {getattr(mine, c)}" for c in wrong),
                fixes=(switch_to(runnable(self.network, self.has)),),
            )

    def _without(
        self, what: str, where: str, thing: Population | Projection, name: str,
        numerics: NumericsTable, others: Mapping[str, CellCapability | SynapseCapability],
        near: str,
    ) -> Iterator[Finding]:
        """Say that a cell or synapse type is not there under the network's numerics."""
        mine = self.network.numerics
        wrong = unmet(mine, numerics)
        if wrong:
            there = [k for k, v in others.items() if not unmet(mine, v.numerics)]
            yield self._lack(
                "numerics", where, thing,
                measured=f"{name} with numerics '{mine.name}' "
                f"({', '.join(f'{c}: {getattr(mine, c)}' for c in wrong)})",
                limit=f"{listed(wrong)}; under these numerics there are {', '.join(there)}",
                fixes=(f"the nearest {what} is {near}" if near in there else "",),
            )

    # -- populations ---------------------------------------------------------------------------

    def _population(self, population: Population) -> Iterator[Finding]:
        cell, where = population.cell, f"population '{population.label}'"
        has = self.has.cell(cell)
        if has is None:
            near = nearest_cell(cell, self.has)
            yield self._lack(
                "cell_by_equations" if cell.own else "cell", where, population,
                measured=cell.name, limit=f"cells: {', '.join(self.has.cells)}",
                fixes=(f"the nearest is {near}" if near else "",),
            )
            return
        missing = list(self._without(
            "cell", where, population, cell.name, has.numerics,
            {k: v for k, v in self.has.cells.items() if CELLS[k][0] != "source"},
            nearest_cell(cell, self.has),
        ))
        yield from missing
        yield from self._values(population, has, where)
        allowed = has.recordables or cell.recordable
        for recording in population.recordings:
            if recording.variable not in allowed:
                yield self._lack(
                    "recordable", f"{where}, variable {recording.variable}", population,
                    measured=recording.variable, limit=", ".join(allowed),
                )
        late = sorted({r.variable for r in population.recordings} & set(has.without_last_sample))
        if late:
            yield self._lack(
                "last_sample", where, population,
                measured=f"n samples of {', '.join(late)} in n steps", limit="n + 1",
            )
        mine = self.network.numerics
        # Held over a step, a conductance has a closed solution, too.
        if has.scheme and not missing and not has_closed_solution(cell) and (
            mine.integrator == "accurate" and mine.input_rule == "exact"
        ):
            yield self._lack(
                "scheme", where, population, measured=f"{cell.name}: {has.scheme}",
                limit=f"time step {self.network.timestep:g} ms",
                fixes=("compare with half the time step",),
            )

    def _values(
        self, population: Population, has: CellCapability, where: str
    ) -> Iterator[Finding]:
        """Judge parameters and initial values."""
        for what, fixed, given in (
            ("parameter", has.fixed_parameters, population.parameters),
            ("state", has.fixed_states, population.initial),
        ):
            for name, value in fixed.items():
                wrong = given[name] != value if name in given else np.empty(0, dtype=bool)
                if wrong.any():
                    kind = "" if what == "parameter" else "initial "
                    yield self._lack(
                        what, f"{where}, {kind}{name}", population,
                        measured=f"{given[name][wrong][0]:g}", limit=f"{value:g}",
                        fixes=(f"{name}={value:g}",),
                    )
        yield from self._uniform(population.parameters, has.uniform, where, population)

    def _uniform(
        self, given: Mapping[str, NDArray[np.float64]], names: tuple[str, ...], where: str,
        thing: Population | Projection,
    ) -> Iterator[Finding]:
        mixed = sorted(n for n in names if n in given and given[n].size and np.ptp(given[n]) > 0)
        if mixed:
            kind = "cells" if isinstance(thing, Population) else "synapses"
            yield self._lack("uniform", where, thing, measured=f"{', '.join(mixed)} differ",
                             limit=f"one value for all {kind}")

    # -- projections ---------------------------------------------------------------------------

    def _projection(self, projection: Projection, looped: set[str]) -> Iterator[Finding]:
        where, synapse = f"projection '{projection.label}'", projection.synapse
        has = self.has.synapse(synapse)
        if has is None:
            yield self._no_synapse(projection, where)
        else:
            yield from self._without(
                "synapse", where, projection, synapse.name, has.numerics,
                {**self.has.synapses, **self.has.stdp}, nearest_synapse(synapse, self.has),
            )
            yield from self._uniform(projection.parameters, has.uniform, where, projection)
            given_all = dict(projection.parameters)
            if synapse.kind == "stdp":
                rule = stdp_rule(projection, self.populations[projection.post].cell,
                                 self.network.numerics)
                given_all |= {"w_min": rule.w_min, "w_max": rule.w_max}
            for name, value in has.fixed_parameters.items():
                given = given_all.get(name, np.empty(0))
                if (given != value).any():
                    yield self._lack(
                        "synapse_parameter", where, projection,
                        measured=f"{name} = {given[given != value][0]:g}", limit=f"{value:g}",
                        fixes=(f"{name}={value:g}",),
                    )
            if projection.size:
                yield from self._dendrite(projection, has, where)
                yield from self._several_spikes(projection, has, where)
        if projection.size:
            yield from self._delays(projection, where, looped)
            yield from self._signs(projection, where)

    def _no_synapse(self, projection: Projection, where: str) -> Finding:
        synapse = projection.synapse
        what, measured = "synapse", synapse.name
        if synapse.kind == "stdp":
            what = "stdp"
            measured = (f"{TIMING_RULES[synapse.timing]} with "
                        f"{WEIGHT_RULES[synapse.weight_dependence]} "
                        f"({synapse.timing}, {synapse.weight_dependence})")
        elif synapse.own:
            what = "synapse_by_equations"
        rules = [f"{TIMING_RULES[t]} with {' or '.join(WEIGHT_RULES[w] for w in r.weights)}"
                 for t, r in self.has.stdp.items()]
        near = nearest_synapse(synapse, self.has)
        return self._lack(
            what, where, projection, measured=measured,
            limit="; ".join([", ".join(self.has.synapses), *rules]),
            fixes=(f"the nearest is {near}" if near else "",),
        )

    def _dendrite(
        self, projection: Projection, has: SynapseCapability, where: str
    ) -> Iterator[Finding]:
        if not isinstance(has, StdpCapability) or not has.dendritic_fractions:
            return
        part = projection.dendritic_fraction
        if self.network.numerics.dendritic_delay == "as_given" and (
            part not in has.dendritic_fractions
        ):
            shown = ", ".join(f"{f:g}" for f in has.dendritic_fractions)
            yield self._lack(
                "dendritic_fraction", where, projection,
                measured=f"dendritic_delay_fraction = {part:g}", limit=shown,
                fixes=(f"dendritic_delay_fraction={has.dendritic_fractions[0]:g}, and judge the "
                       "sign of learning anew",),
            )

    def _several_spikes(
        self, projection: Projection, has: SynapseCapability, where: str
    ) -> Iterator[Finding]:
        spikes = self.populations[projection.pre].spikes
        if has.several_spikes or not isinstance(spikes, SpikeTimes):
            return
        mine = np.isin(spikes.index, projection.pre_index)
        step = to_steps(spikes.time[mine], self.network.timestep)
        _, counts = np.unique(np.stack([step, spikes.index[mine]]), axis=1, return_counts=True)
        if (counts > 1).any():
            yield self._lack(
                "several_spikes", where, projection,
                measured=f"{int((counts > 1).sum())} steps in which a cell of "
                f"'{projection.pre}' has up to {int(counts.max())} spikes",
                limit="one spike of a source in a step",
            )

    def _delays(
        self, projection: Projection, where: str, looped: set[str]
    ) -> Iterator[Finding]:
        delay, limits, dt = projection.delay, self.has.delays, self.network.timestep
        short = delay < limits.shortest
        if short.any():
            loop = projection.pre in looped and projection.post in looped
            yield self._lack(
                "delay", where, projection,
                measured=f"{int(short.sum())} delays of {int(delay.min())} steps"
                + (f", in a loop of {', '.join(sorted(looped))}" if loop else ""),
                limit=f"{limits.shortest} step ({limits.shortest * dt:g} ms)",
                fixes=(f"delay={limits.shortest * dt:g}",), loop=loop,
            )
        if limits.longest is not None and (delay > limits.longest).any():
            yield self._lack(
                "delay", where, projection, measured=f"{int(delay.max())} steps",
                limit=f"{limits.longest} steps ({limits.longest * dt:g} ms)",
                fixes=(f"delays up to {limits.longest * dt:g} ms", "a longer time step"),
            )

    def _signs(self, projection: Projection, where: str) -> Iterator[Finding]:
        cell = self.populations[projection.post].cell
        receptor = next((r for r in cell.receptors if r.name == projection.receptor), None)
        if receptor is None or receptor.kind not in self.has.weights.one_sign:
            return
        bounds = projection.parameters if projection.synapse.kind == "stdp" else {}
        problem = sign_problem(cell, receptor.name, projection.weight, bounds)
        if problem is not None:
            yield self._lack(
                "sign", where, projection, measured=problem.measured, limit=problem.limit,
                fixes=("the other receptor", "the other sign"),
            )


def _looped(edges: set[tuple[str, str]]) -> set[str]:
    """Return the populations that lie on a loop of these edges."""
    nodes = {n for edge in edges for n in edge}
    while True:
        keep = {n for n in nodes
                if any(a == n and b in nodes for a, b in edges)
                and any(b == n and a in nodes for a, b in edges)}
        if keep == nodes:
            return nodes
        nodes = keep
