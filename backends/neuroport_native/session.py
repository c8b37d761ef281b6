"""A running network of the native engine."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import Progress, StopAsked
from neuroport.backend.recorded import Piece
from neuroport.backend.session import SessionBase
from neuroport.network.description import FloatArray, IntArray, Network
from neuroport.network.edits import Edit, ParameterEdit, RecordingEdit, StateEdit, SynapseEdit
from neuroport.network.snapshot import Snapshot
from neuroport.statements.synapses import written_by
from neuroport_native.arithmetic import Arithmetic
from neuroport_native.engine.network import NetworkInMemory

__all__ = ["NativeSession"]


class NativeSession(SessionBase):
    """A network in the native engine.

    Parameters
    ----------
    network : Network
    arithmetic : Arithmetic
    threads : int
    capabilities : Capabilities
    """

    engine = "the native engine"
    longest_piece = 20_000

    def __init__(
        self, network: Network, arithmetic: Arithmetic, threads: int, capabilities: Capabilities
    ) -> None:
        super().__init__(network, capabilities)
        self._arithmetic, self._threads = arithmetic, threads

    def build(self, network: Network) -> None:
        """Lay the network out and compile what it needs."""
        self._memory = NetworkInMemory(network, self._arithmetic, self._threads)

    def begin(self, first: int, last: int) -> None:
        """Take the spikes and currents of some steps."""
        def spikes(label: str) -> tuple[IntArray, IntArray]:
            step, cell = self.listed_spikes(label, last)
            mine = slice(int(np.searchsorted(step, first)), None)
            return step[mine], cell[mine]

        self._memory.give(first, last, self.lowered, spikes)

    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run some steps; return how many were done."""
        return self._memory.run(self.step, steps, stop_asked, progress)

    def drain(self) -> Iterable[Piece]:
        """Return what has been recorded."""
        return self._memory.drain()

    def read_state(self, population: str, variable: str) -> FloatArray:
        """Return the present values of a state variable."""
        return self._memory.state(population, variable)

    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights."""
        return self._memory.weights(self.lowered, projection)

    def apply(self, edit: Edit) -> None:
        """Change what runs. New spike times and currents are taken by the next run."""
        memory, network = self._memory, self.lowered
        match edit:
            case ParameterEdit(label, values):
                memory.write_parameters(network, label)
                for p in network.projections:
                    # The release of Tsodyks-Markram synapses follows the receptor's constant.
                    short = p.synapse.kind == "tsodyks_markram" and p.post == label
                    if short and p.size and any("tau" in name for name in values):
                        memory.write_synapses(network, p.label, {"s_tau_psc"})
            case StateEdit(label, values):
                memory.write_states(label, dict(values))
            case SynapseEdit(label):
                if network.projection(label).size:
                    memory.write_synapses(network, label, written_by(edit))
            case RecordingEdit(label, recordings):
                memory.record(label, recordings)

    def capture(self) -> Snapshot:
        """Return the state at the beginning of the present step."""
        return self._memory.capture(self.lowered, self.step, self.recent_sources)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a state."""
        self._memory.restore(snapshot)

    def free(self) -> None:
        """Let the memory go."""
        self.__dict__.pop("_memory", None)
