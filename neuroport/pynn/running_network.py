"""What runs behind the front end's objects: changes are passed on to it, and it is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuroport.backend.engine import Synapses
from neuroport.backend.session import SessionBase
from neuroport.errors import NetworkChangedError, NotReadyError, Problem, UnsupportedError
from neuroport.network.description import CurrentSource, Network
from neuroport.network.edits import (
    CurrentEdit,
    Edit,
    ParameterEdit,
    RecordingEdit,
    SpikeEdit,
    StateEdit,
    SynapseEdit,
    apply_edit,
)
from neuroport.network.stored_weights import store_weights

__all__ = ["RunningNetwork"]


class RunningNetwork(ABC):
    """The session of a simulator, once there is one, and the network as it was written for it.

    Attributes
    ----------
    session : SessionBase or None
    current_sources : list
        PyNN's, in the order in which they were made.
    """

    def __init__(self) -> None:
        self.current_sources: list[Any] = []
        self.session: SessionBase | None = None
        self._written: Network | None = None  # what the session runs, before weights were stored
        self._unwritten: dict[int, tuple[Any, set[str]]] = {}  # projections that have changed
        self._parts: dict[int, list[tuple[str, NDArray[np.int64]]]] = {}
        self._extended = False  # whether there are objects that the session does not have

    @abstractmethod
    def _go_on_with_all(self) -> None:
        """Open a session that has the new objects, too, and goes on where the present one is."""

    @abstractmethod
    def _freeze(self) -> Network:
        """Return what the front end's objects say, as a frozen network."""

    @property
    def step(self) -> int:
        """Time steps done."""
        return 0 if self.session is None else self.session.step

    def network(self) -> Network:
        """Return the network as it is now, frozen, with all arrays and its stored weights."""
        session = self._up_to_date()
        return store_weights(self.network_as_written()) if session is None else session.network

    def network_as_written(self) -> Network:
        """Return the network with the weights as the user wrote them, before any grid."""
        self._up_to_date()
        return self._freeze() if self._written is None else self._written

    def _drop_session(self) -> None:
        if self.session is not None:
            self.session.close()
        self.session = self._written = None
        self._unwritten = {}
        self._extended = False

    # -- changes between runs -----------------------------------------------------------------

    def _is_new(self, label: str) -> bool:
        """Whether the session does not have an object yet: it will be made as it is by then."""
        if not self._extended or self.session is None or not label:
            return False
        network = self.session.network
        return label not in {*(p.label for p in network.populations),
                             *(p.label for p in network.projections)}

    def _edit(self, edit: Edit) -> None:
        """Change what runs, and what was written."""
        if self._is_new(edit.label):
            return
        session = self._up_to_date()
        if session is not None and self._written is not None:
            session.edit(edit)
            self._written = apply_edit(self._written, edit)

    def check_change(self, kind: type[Edit], label: str, names: list[str]) -> None:
        """Refuse a change that the backend cannot make now, before anything is changed."""
        if self.session is not None and not self._is_new(label):
            self.session.check_edit(kind, label, names)

    def parameters_changed(self, population: Any, names: list[str]) -> None:
        """Pass changed cell parameters on to the running session."""
        if self.session is None:
            return
        if population.model.is_source:
            described = population.describe_frozen()
            self._edit(SpikeEdit(population.label, described.spikes, described.parameters))
            return
        self._edit(ParameterEdit(
            population.label, {name: population._parameters[name] for name in names}))

    def states_changed(
        self, population: Any, names: list[str], index: NDArray[np.int64] | None
    ) -> None:
        """Pass changed states on to the running session; those of other cells stay."""
        if self.session is None or not hasattr(population, "_number"):
            return
        values = {name: np.array(population._initial[name], dtype=float) for name in names}
        if index is not None:
            others = np.setdiff1d(np.arange(population.size), index)
            for value in values.values():
                value[others] = np.nan
        self._edit(StateEdit(population.label, values))

    def check_synapses(self, projection: Any, names: list[str]) -> None:
        """Refuse changed synapses that cannot be passed on, before anything is changed."""
        if self.session is None or projection._number not in self._parts:
            return
        if "delay" in names and self.step > 0:
            raise NetworkChangedError(
                Problem(
                    "delays were changed after a run",
                    limit="delays are fixed once the network has run",
                    fix="set delays before the first run(), or call reset() and build anew",
                )
            )
        for label, _ in self._parts[projection._number]:
            self.session.check_edit(SynapseEdit, label, names)

    def synapses_changed(self, projection: Any, names: list[str]) -> None:
        """Take note of changed synapses; they are passed on before the next run or reading."""
        if self.session is None or projection._number not in self._parts:
            return
        if "delay" in names:
            self._drop_session()
            return
        self._unwritten.setdefault(projection._number, (projection, set()))[1].update(names)

    def is_unwritten(self, projection: Any, name: str) -> bool:
        """Whether changed values of a projection have not been passed on yet."""
        return name in self._unwritten.get(projection._number, (None, ()))[1]

    def _up_to_date(self) -> SessionBase | None:
        """Return the session, if there is one, with everything passed on that has changed."""
        self._pass_synapses_on()
        if self._extended:
            self._go_on_with_all()
        return self.session

    def _pass_synapses_on(self) -> None:
        session, unwritten = self.session, self._unwritten
        if session is None or self._written is None or not unwritten:
            return
        self._unwritten = {}
        changed: dict[str, set[str]] = {}
        written = self._written
        for projection, names in unwritten.values():
            for part in projection.freeze()[0]:
                changed[part.label] = names & {"weight", *part.parameters}
                known = {"weight": part.weight, **part.parameters}
                written = apply_edit(written, SynapseEdit(
                    part.label, {name: known[name] for name in changed[part.label]}))
        # Another largest input can move the grid of everything into the same receptor.
        stored = store_weights(written)
        for old, new in zip(session.network.projections, stored.projections, strict=True):
            moved = None if new.weight_step == old.weight_step else new.weight_step
            names = changed.get(new.label, set())
            if moved is not None and not new.synapse.plastic:
                names = names | {"weight"}
            if names or moved is not None:
                known = {"weight": new.weight, **new.parameters}
                session.edit(SynapseEdit(new.label, {n: known[n] for n in names}, moved))
        self._written = written

    def synapse_initial(self, projection: Any, variable: str, value: Any) -> None:
        """Refuse initial values of synaptic states, which neuroport does not keep."""
        raise UnsupportedError(
            Problem(
                f"initial value of the synaptic variable '{variable}' cannot be set",
                limit="synaptic variables start from rest",
            ),
            where=f"projection '{projection.label}'",
        )

    def currents_changed(self) -> None:
        """Pass changed currents on to the running session."""
        if self.session is not None:
            self._edit(CurrentEdit(self._currents()))

    def _currents(self) -> tuple[CurrentSource, ...]:
        return tuple(s.frozen() for s in self.current_sources if s._targets)

    def recordings_changed(self, population: Any) -> None:
        """Record more from now on."""
        if self.session is not None:
            described = population.describe_frozen()
            self._edit(RecordingEdit(population.label, described.recordings))

    # -- reading ------------------------------------------------------------------------------

    def spikes(self, population: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (step, cell) of a population's recorded spikes."""
        session = self._up_to_date()
        if session is None:
            empty = np.empty(0, dtype=np.int64)
            return empty, empty
        return session.spikes(population.label)

    def signal(
        self, population: Any, variable: str
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Return (step, values, cells) of a recorded variable."""
        session = self._up_to_date()
        if session is None:
            raise NotReadyError(Problem(f"'{variable}' has not been recorded yet"))
        step, values = session.signal(population.label, variable)
        index = next(
            r.index
            for r in population.describe_frozen().recordings
            if r.variable == variable
        )
        return step, values, index

    def present_weights(self, projection: Any) -> NDArray[np.float64]:
        """Return the weights that the network holds: in the engine, once it has run."""
        session = self._up_to_date()
        network = self.network()
        weight = np.array(projection.written["weight"], dtype=float)
        for label, position in self._parts[projection._number]:
            if session is not None and session.step > 0 and projection.model.plastic:
                weight[position] = session.weights(label)
            else:
                weight[position] = network.projection(label).weight
        return weight

    def drawn_synapses(self, projection: Any) -> Synapses | None:
        """Return (pre, post, weight, delay) where a machine drew them itself, else None."""
        parts = self._parts.get(projection._number, [])
        if self.session is None or self.step == 0 or len(parts) != 1:
            return None
        return self.session.synapses(parts[0][0])

    @property
    def account(self) -> dict[str, Any]:
        """What the engine says of itself and of its time; empty where it says nothing.

        ``label``: what results must be shown with. ``phases_s``: wall seconds by phase.
        """
        return {} if self.session is None else dict(self.session.account)
