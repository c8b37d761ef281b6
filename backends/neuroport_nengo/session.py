"""A running Nengo network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import Progress, StopAsked
from neuroport.backend.recorded import Piece, Samples, Spikes
from neuroport.backend.session import SessionBase
from neuroport.network.description import FloatArray, Network, Projection, Recording
from neuroport.network.edits import Edit, ParameterEdit, RecordingEdit, StateEdit, SynapseEdit
from neuroport.process import EngineProcess
from neuroport.realise.currents import current_samples
from neuroport.statements.names import inside
from neuroport.statements.synapses import written_by
from neuroport_nengo.lower.program import NengoProgram

__all__ = ["NengoSession"]

_PIECE = 0.2  # seconds between two looks at Ctrl-C and the progress


class NengoSession(SessionBase):
    """A network in Nengo.

    Parameters
    ----------
    network : Network
    silence_timeout : float
        Seconds without an answer after which the process is stopped.
    capabilities : Capabilities
    """

    engine = "Nengo"
    longest_piece = 20_000  # steps whose spikes and currents are drawn and handed over at once

    def __init__(
        self, network: Network, silence_timeout: float, capabilities: Capabilities
    ) -> None:
        super().__init__(network, capabilities)
        self._silence_timeout = silence_timeout
        self._process: EngineProcess | None = None
        self._recordings: list[dict[str, Any]] = []

    def build(self, network: Network) -> None:
        """Build the network, in a fresh process where the old one is gone."""
        if self._process is None or not self._process.alive:
            self._process = EngineProcess(
                "Nengo", Path(__file__).parent / "engine" / "child.py", "Engine",
                timeout=self._silence_timeout)
        self._program = NengoProgram(network)
        self._ask("build", **self._program.described())
        for population in network.populations:
            if not population.cell.is_source:
                self._record(population.label, population.recordings)

    def _ask(self, method: str, **keywords: Any) -> Any:
        assert self._process is not None  # there since the network was built
        return self._process.ask(method, **keywords)

    def _record(self, label: str, recordings: tuple[Recording, ...]) -> None:
        self._ask("record", **self._program.recordings(label, recordings))

    # -- running -------------------------------------------------------------------------------

    def begin(self, first: int, last: int) -> None:
        """Hand the spikes and currents of some steps over."""
        network, program = self.lowered, self._program
        steps, cells = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        for label, member in program.sources().items():
            step, cell = self.listed_spikes(label, last)
            mine = slice(int(np.searchsorted(step, first)), None)
            steps.append(step[mine])
            cells.append(cell[mine] + member.first)
        step, cell = np.concatenate(steps), np.concatenate(cells)
        order = np.lexsort((cell, step))
        currents = []
        for source in network.currents:
            samples = current_samples(source, first, last, network.timestep, network.seed)
            places = [(program.place(label), index) for label, index in source.targets]
            currents.append({"samples": samples, "targets": [
                (group, index + member.first) for (group, member), index in places]})
        self._ask("begin", first=first, last=last, step=step[order], cell=cell[order],
                  currents=currents)

    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run up to some steps, for about as long as a user waits for an answer to Ctrl-C."""
        done, self._recordings = self._ask("advance", steps=steps, wanted=_PIECE)
        return int(done)

    def drain(self) -> Iterator[Piece]:
        """Yield what the cells recorded."""
        program = self._program
        for group, found in enumerate(self._recordings):
            spikes = program.spikes(group, *found["spikes"])
            for label, (step, cell) in spikes.items():
                yield Spikes(label, step, cell)
            for label, variable, steps, cells, values in found["samples"]:
                first = program.place(label)[1].first
                yield Samples(label, variable, steps, cells - first, values)
        self._recordings = []

    def free(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()

    # -- reading and changing ------------------------------------------------------------------

    def read_state(self, population: str, variable: str) -> FloatArray | None:
        """Return the present values of a variable."""
        if self._process is None or not self._process.alive:
            return None
        group, member = self._program.place(population)
        values: FloatArray = self._ask("cells", group=group, name=inside(variable))
        return values[member.slice]

    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights."""
        number, group, member = self._program.find(projection)
        names = [group.code.weight, "s_sign"] if group.code.signed else [group.code.weight]
        weight: FloatArray = np.prod(self._ask("synapses", group=number, names=names), axis=0)
        return weight[member.slice]

    def apply(self, edit: Edit) -> None:
        """Change what runs. New spike times and currents are taken by the next run."""
        network, program = self.lowered, self._program
        match edit:
            case ParameterEdit(label):
                self._write_cells(
                    label, program.constants(label, network.population(label).parameters))
                for p in network.projections:
                    # The release of Tsodyks-Markram synapses follows the receptor's constant.
                    if p.post == label and p.synapse.kind == "tsodyks_markram":
                        self._write_synapses(p, {"s_tau_psc"})
            case StateEdit(label, values):
                self._write_cells(label, program.states(label, values))
            case SynapseEdit(label):
                self._write_synapses(network.projection(label), written_by(edit))
            case RecordingEdit(label, recordings):
                self._record(label, recordings)

    def _write_cells(self, label: str, values: dict[str, FloatArray]) -> None:
        group, member = self._program.place(label)
        self._ask("write_cells", group=group, first=member.first, values=values)

    def _write_synapses(self, projection: Projection, variables: set[str]) -> None:
        if not projection.size:
            return
        number, _, member = self._program.find(projection.label)
        fresh = self._program.values(projection, self.lowered)
        self._ask("write_synapses", group=number, first=member.first,
                  values={name: v for name, v in fresh.items() if name in variables})
