"""This computer: any backend, a few jobs at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neuroport.errors import Problem
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.targets.base import PLACES, Placed, Target, Work, places
from neuroport.jobs.targets.locks import one_of, user_folder

__all__ = ["LocalTarget"]

class LocalTarget(Target):
    """This computer."""

    form = "local"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        if address != self.form:
            raise UnknownTargetAddressError(Problem(
                f"target '{address}' cannot be read", limit=self.form,
                fix=f"{PLACES} says how many jobs run at a time"))
        places()

    @contextmanager
    def place(self, work: Work, resumed: bool) -> Iterator[Placed]:
        """Hold one of this computer's places."""
        if resumed:
            yield Placed()
            return
        with one_of(work, user_folder(), "local", places(),
                    "all places on this computer are taken") as held:
            yield Placed(keep=[held])
