"""A board by its address as a target: one job at a time on this computer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from neuroport.errors import Problem
from neuroport.jobs.outcome import Kind
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.targets.base import Placed, Target, Work
from neuroport.jobs.targets.locks import one_of, shared_folder
from neuroport_spinnaker.targets.failures import spinnaker_kind

__all__ = ["BoardTarget", "SpinnakerTarget"]


class SpinnakerTarget(Target):
    """A SpiNNaker machine; runs backend ``spinnaker``."""

    backend = "spinnaker"

    def prepared(self, spec: RunSpec) -> RunSpec:
        """Return the run on this machine.

        Raises
        ------
        UnknownTargetAddressError
            If the run names another backend or machine.
        """
        spec = super().prepared(spec)
        named = [name for name in ("machine", "spalloc", "spalloc_user") if spec.options.get(name)]
        if named:
            raise UnknownTargetAddressError(Problem(
                f"two machines were named: target '{self.address}' and "
                + ", ".join(f"{name}={spec.options[name]}" for name in named),
                fix="name it with --to alone"))
        return spec

    def kind_of(self, error: str, names: tuple[str, ...]) -> Kind:
        """Return whose fault an error of the run is."""
        return spinnaker_kind(names)


class BoardTarget(SpinnakerTarget):
    """A board, or the first one of several, by its address.

    A lock keeps the jobs of all users of this computer apart. Nothing keeps those of other
    computers away.
    """

    form = "board://ADDRESS"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        _, slashes, self.host = address.partition("://")
        if not slashes or not self.host or set(self.host) & set("/:@?# "):
            raise UnknownTargetAddressError(Problem(
                f"target '{address}' cannot be read", limit=self.form))

    def at_once(self) -> int:
        """Return 1: there is one machine."""
        return 1

    @contextmanager
    def place(self, work: Work, resumed: bool) -> Iterator[Placed]:
        """Hold the board's lock."""
        options = {"machine": self.host}
        if resumed:  # the run itself holds it
            yield Placed(options)
            return
        with one_of(work, shared_folder(), f"board:{_number(self.host)}", 1,
                    f"another job of this computer has the board at {self.host}") as held:
            yield Placed(options, keep=[held])


def _number(host: str) -> str:
    """Return a board's address as a number, so that its name and its number are one board."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        return host.lower()
