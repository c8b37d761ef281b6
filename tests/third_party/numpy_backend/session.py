"""A network as arrays, one step after the other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from neuroport.backend.engine import Progress, StopAsked
from neuroport.backend.recorded import Piece, Samples, Spikes
from neuroport.backend.session import SessionBase
from neuroport.network import Network, Population, Projection
from neuroport.network.description import FloatArray, IntArray
from neuroport.network.edits import Edit, ParameterEdit, StateEdit, SynapseEdit
from neuroport.numerics import Numerics
from neuroport.realise.currents import current_samples

__all__ = ["NumpySession"]

_AT_ONCE = 1000  # steps whose sources and currents are listed together


class _Cells:
    """The cells of a population: states, and what takes them through a step."""

    def __init__(self, population: Population, network: Network) -> None:
        self.state = {name: np.array(v, dtype=float) for name, v in population.initial.items()}
        self.resting = np.zeros(population.size)  # steps still to be refractory
        self.set_parameters(population, network.timestep, network.numerics)

    def set_parameters(self, population: Population, dt: float, numerics: Numerics) -> None:
        """Take parameters; propagators as in Rotter & Diesmann (1999)."""
        p = self.parameters = population.parameters
        self.fires = np.greater_equal if numerics.threshold_rule == ">=" else np.greater
        self.rest = numerics.refractory_steps(p["tau_refrac"], dt)
        self.decay = np.exp(-dt / p["tau_m"])
        self.by_current = p["tau_m"] / p["cm"] * -np.expm1(-dt / p["tau_m"])
        self.synaptic = []  # variable, its decay, the potential that one nA of it gives in a step
        for receptor in population.cell.receptors:
            decay = np.exp(-dt / p[receptor.tau])
            x = dt * (1 / p["tau_m"] - 1 / p[receptor.tau])
            near = np.where(np.abs(x) < 1, x, 1.0)
            phi = np.where(near == 0, 1.0, np.expm1(near) / np.where(near == 0, 1.0, near))
            away = (decay - self.decay) / np.where(x == 0, 1.0, x)
            reach = dt / p["cm"] * np.where(np.abs(x) < 1, self.decay * phi, away)
            self.synaptic.append((receptor.variable, decay, reach))

    def advance(self, injected: FloatArray) -> IntArray:
        """Integrate one step under injected currents (nA); return the cells that spike."""
        p, state = self.parameters, self.state
        v = p["v_rest"] + (state["v"] - p["v_rest"]) * self.decay
        v += self.by_current * (p["i_offset"] + injected)
        for variable, decay, reach in self.synaptic:
            v += reach * state[variable]
            state[variable] *= decay
        awake = self.resting == 0
        fired = awake & self.fires(v, p["v_thresh"])
        state["v"] = np.where(fired, p["v_reset"], np.where(awake, v, state["v"]))
        self.resting = np.where(fired, self.rest, np.maximum(self.resting - 1, 0))
        return np.flatnonzero(fired)


class _Synapses:
    """The synapses of a projection, found by presynaptic cell."""

    def __init__(self, projection: Projection, network: Network) -> None:
        receptor = network.population(projection.post).cell.receptor(projection.receptor)
        self.post, self.variable = projection.post, receptor.variable
        self.post_index, self.delay = projection.post_index, projection.delay
        self.weight = projection.weight
        self.order = np.argsort(projection.pre_index, kind="stable")
        size = network.population(projection.pre).size
        self.first = np.searchsorted(projection.pre_index[self.order], np.arange(size + 1))

    def of(self, cells: IntArray) -> IntArray:
        """Return the synapses of presynaptic cells; of a cell that is there twice, twice."""
        return np.concatenate([self.order[self.first[c] : self.first[c + 1]] for c in cells])


class NumpySession(SessionBase):
    """A network in NumPy arrays."""

    engine = "numpy"

    def build(self, network: Network) -> None:
        """Make cells and synapses at step 0."""
        self._cells = {p.label: _Cells(p, network)
                       for p in network.populations if not p.cell.is_source}
        self._wires = {p.label: _Synapses(p, network) for p in network.projections if p.size}
        self._from: dict[str, list[_Synapses]] = {p.label: [] for p in network.populations}
        for p in network.projections:
            if p.size:
                self._from[p.pre].append(self._wires[p.label])
        self._due: dict[int, list[tuple[_Synapses, IntArray]]] = {}  # step -> what arrives
        self._spiked: list[Spikes] = []
        self._sampled: list[Samples] = []

    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run up to so many steps."""
        first, last = self.step, self.step + min(steps, _AT_ONCE)
        listed = {p.label: self._by_step(p.label, first, last)
                  for p in self.network.populations if p.cell.is_source}
        currents = [(current_samples(source, first, last, self.network.timestep,
                                     self.network.seed), source.targets)
                    for source in self.network.currents]
        for step in range(first, last):
            if stop_asked():
                return step - first
            self._sample(step)
            injected = {label: np.zeros(c.resting.size) for label, c in self._cells.items()}
            for samples, targets in currents:
                for label, index in targets:
                    np.add.at(injected[label], index, samples[step - first])
            spikes = {label: cells.advance(injected[label])
                      for label, cells in self._cells.items()}
            for label, fired in spikes.items():
                self._spiked.append(Spikes(label, np.full(fired.size, step), fired))
            for label, by_step in listed.items():
                spikes[label] = by_step[step - first]
            self._send(step, spikes)
            for synapses, which in self._due.pop(step + 1, ()):
                np.add.at(self._cells[synapses.post].state[synapses.variable],
                          synapses.post_index[which], synapses.weight[which])
        return last - first

    def _by_step(self, label: str, first: int, last: int) -> list[IntArray]:
        """Return the cells of a source that spike in each step."""
        step, cell = self.listed_spikes(label, last)
        return np.split(cell, np.searchsorted(step, np.arange(first, last)))[1:]

    def _send(self, step: int, spikes: dict[str, IntArray]) -> None:
        for label, cells in spikes.items():
            for synapses in self._from[label] if cells.size else ():
                which = synapses.of(cells)
                delay = synapses.delay[which]
                for d in np.unique(delay):
                    self._due.setdefault(step + int(d), []).append((synapses, which[delay == d]))

    def _sample(self, step: int) -> None:
        for label, cells in self._cells.items():
            for r in self.network.population(label).recordings:
                if r.variable != "spikes" and step % r.interval == 0:
                    self._sampled.append(Samples(
                        label, r.variable, np.array([step]), r.index,
                        cells.state[r.variable][r.index][np.newaxis]))

    def drain(self) -> Iterable[Piece]:
        """Return what is new."""
        new: list[Piece] = [*self._spiked, *self._sampled]
        self._spiked, self._sampled = [], []
        return new

    def read_state(self, population: str, variable: str) -> FloatArray:
        """Return the present values of a variable."""
        return self._cells[population].state[variable].copy()

    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights."""
        return self._wires[projection].weight

    def apply(self, edit: Edit) -> None:
        """Change what runs; sources, currents and recordings are looked up in the network."""
        network = self.network
        match edit:
            case ParameterEdit(label):
                self._cells[label].set_parameters(
                    network.population(label), network.timestep, network.numerics)
            case StateEdit(label, values):
                self._cells[label].state |= {
                    name: np.array(v, dtype=float) for name, v in values.items()}
            case SynapseEdit(label) if label in self._wires:
                self._wires[label].weight = network.projection(label).weight

    def free(self) -> None:
        """Drop the arrays."""
        self._cells, self._wires, self._from, self._due = {}, {}, {}, {}
