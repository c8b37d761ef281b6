"""A running Brian2 network."""

from __future__ import annotations

from collections.abc import Iterable

from neuroport.backend.capabilities import Capabilities
from neuroport.backend.engine import Progress, StopAsked
from neuroport.backend.recorded import Piece
from neuroport.backend.session import SessionBase
from neuroport.network.description import FloatArray, Network
from neuroport.network.edits import Edit, ParameterEdit, RecordingEdit, StateEdit, SynapseEdit
from neuroport.network.snapshot import Snapshot
from neuroport.statements.program import Program
from neuroport.statements.synapses import written_by
from neuroport_brian2.engine.inputs import InjectedCurrents, SourceSpikes
from neuroport_brian2.engine.loop import Loop
from neuroport_brian2.engine.monitors import Monitors
from neuroport_brian2.engine.objects import Objects
from neuroport_brian2.engine.state import capture, longest_delay, restore

__all__ = ["Brian2Session"]


class Brian2Session(SessionBase):
    """A network in Brian2.

    Parameters
    ----------
    network : Network
    target : {"numpy", "cython"}
        Brian2's code generation target.
    capabilities : Capabilities
    """

    engine = "Brian2"
    longest_piece = 20_000  # drawing the spikes of sources has no end for Ctrl-C to wait for

    def __init__(self, network: Network, target: str, capabilities: Capabilities) -> None:
        super().__init__(network, capabilities)
        self._target = target

    def build(self, network: Network) -> None:
        """Make the Brian2 objects."""
        self._objects = Objects(Program(network), self._target)
        self._sources = SourceSpikes(self._objects)
        self._currents = InjectedCurrents(self._objects)
        self._monitors = Monitors(self._objects)
        self._loop = Loop(self._objects.net, self._objects.clock, self._monitors.every,
                          compiles=self._target == "cython")
        for population in network.populations:
            self._monitors.record(population.label, population.recordings)

    def begin(self, first: int, last: int) -> None:
        """Take the spikes and currents of some steps."""
        self._sources.give(
            first, last, lambda label: self.listed_spikes(label, last, first))
        if self._currents.give(first, last, self.lowered.currents):
            self._loop.changed()

    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run some steps; return how many were done."""
        return self._loop.run(steps, stop_asked, progress)

    def broken_off_after(self) -> int:
        """Return the steps that were complete when an error came."""
        return self._loop.step - self.step

    def drain(self) -> Iterable[Piece]:
        """Return what the monitors have."""
        return self._monitors.drain()

    def read_state(self, population: str, variable: str) -> FloatArray:
        """Return the present values of a state variable."""
        return self._objects.state(population, variable)

    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights."""
        return self._objects.weights(projection)

    def apply(self, edit: Edit) -> None:
        """Change what runs. New spike times and currents are taken by the next run."""
        objects, network = self._objects, self.lowered
        match edit:
            case ParameterEdit(label, values):
                objects.write_parameters(label, network.population(label).parameters)
                for p in network.projections:
                    # The release of Tsodyks-Markram synapses follows the receptor's constant.
                    short = p.synapse.kind == "tsodyks_markram" and p.post == label
                    if short and p.size and any("tau" in name for name in values):
                        objects.write_synapses(network, p.label, {"s_tau_psc"})
            case StateEdit(label, values):
                objects.write_states(label, values)
            case SynapseEdit(label):
                if network.projection(label).size:
                    objects.write_synapses(network, label, written_by(edit))
            case RecordingEdit(label, recordings):
                self._monitors.record(label, recordings)
                self._loop.changed()

    def capture(self) -> Snapshot:
        """Return the state at the beginning of the present step."""
        self._loop.prepare()
        reach = longest_delay(self._objects.program.synapses) + 1
        return capture(self._objects, self.step, self.recent_sources(reach))

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a state."""
        self._loop.go_to(snapshot.step)
        self._loop.prepare()
        restore(self._objects, snapshot, longest_delay(self._objects.program.synapses) + 1)

    def free(self) -> None:
        """Let the Brian2 objects go."""
        for name in ("_objects", "_sources", "_currents", "_monitors", "_loop"):
            self.__dict__.pop(name, None)
