"""What an engine does for a session: build, advance, hand out, read, change, free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from neuroport.backend.recorded import Piece
from neuroport.errors import Problem
from neuroport.network.description import FloatArray, IntArray, Network, Population
from neuroport.network.edits import Edit
from neuroport.network.snapshot import Snapshot

__all__ = ["EngineMethods", "Progress", "StopAsked", "Synapses"]

Progress = Callable[[float], None]
"""Called now and then during a run with the simulated time reached (ms)."""
StopAsked = Callable[[], bool]
"""Whether the user has asked to stop."""
Synapses = tuple[IntArray, IntArray, FloatArray, FloatArray]
"""Presynaptic cell, postsynaptic cell, weight, delay (ms) of each synapse."""


class EngineMethods(ABC):
    """The methods that an engine's session supplies; those below the line may be left out.

    They get networks, edits and labels as the engine has them: with populations put together
    where a merge says so.
    """

    engine: ClassVar[str] = "this backend"
    """How errors name it."""
    longest_piece: ClassVar[int] = 1 << 62
    """Most steps whose spikes and currents are handed over at once (see :meth:`begin`)."""

    @abstractmethod
    def build(self, network: Network) -> None:
        """Make the network at step 0, in place of the one before, if there was one."""

    @abstractmethod
    def advance(self, steps: int, stop_asked: StopAsked, progress: Progress) -> int:
        """Run some steps and return how many were done.

        Fewer than asked for is fine: what was recorded is then collected and the rest asked for
        again. A run ends early where `stop_asked` says so, or where nothing was done.
        """

    @abstractmethod
    def drain(self) -> Iterable[Piece]:
        """Return what has been recorded since the last time; a later piece wins."""

    @abstractmethod
    def read_state(self, population: str, variable: str) -> FloatArray | None:
        """Return the present values of a variable that is recorded, shape (size,).

        NaN where they cannot be told; None where nothing can.
        """

    @abstractmethod
    def read_weights(self, projection: str) -> FloatArray:
        """Return the present weights, in the order of the network's synapses."""

    @abstractmethod
    def apply(self, edit: Edit) -> None:
        """Change what runs; the session's network has been changed already.

        Only after step 0: before it, the network is built anew.
        """

    @abstractmethod
    def free(self) -> None:
        """Give back what was taken, at the end."""

    # -- may be left out -----------------------------------------------------------------------

    def begin(self, first: int, last: int) -> None:  # noqa: B027  optional
        """Take the spikes and currents of steps `first` up to but not including `last`."""

    def rewind(self) -> None:  # noqa: B027  optional
        """Give back what need not be held until the network is built again, after a reset."""

    def capture(self) -> Snapshot:
        """Return the whole state at the beginning of the present step.

        Where ``state`` is declared.
        """
        raise NotImplementedError

    def restore(self, snapshot: Snapshot) -> None:
        """Take a state in place of that of step 0; the network has been built.

        Variables of the network that the snapshot does not have keep their initial values.
        """
        raise NotImplementedError

    def broken_off_after(self) -> int:
        """Return the steps that count of an :meth:`advance` that raised an error."""
        return 0

    def read_synapses(self, projection: str) -> Synapses | None:
        """Return the synapses where the machine drew them itself, else None."""
        return None

    def refused(self, edit: type[Edit], label: str, names: Sequence[str]) -> Problem | None:
        """Return why an edit between runs is refused beyond what is declared, or None."""
        return None

    def is_listed(self, population: Population) -> bool:
        """Whether a population's spikes are known beforehand."""
        return population.spikes is not None

    def kept_at_end(self, projection: str) -> bool:
        """Whether the weights of a projection are read before the engine is freed."""
        return True
