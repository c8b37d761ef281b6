"""This computer: any backend, a few jobs at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from neuroport.errors import Problem
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.targets.base import Placed, Target, Work
from neuroport.jobs.targets.locks import one_of, user_folder

__all__ = ["LocalTarget", "PLACES", "places"]

PLACES = "NEUROPORT_JOBS_LOCAL"
"""Environment variable: how many jobs run at a time on this computer."""


def places() -> int:
    """Return how many jobs run at a time here: one a core, unless ``NEUROPORT_JOBS_LOCAL`` says.

    Raises
    ------
    UnknownTargetAddressError
        If the variable is no number from 1.
    """
    said = os.environ.get(PLACES)
    if said is None:
        return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
                   else os.cpu_count() or 1)
    if not said.isdecimal() or int(said) < 1:
        raise UnknownTargetAddressError(Problem(
            f"{PLACES} cannot be {said!r}", limit="a whole number from 1"))
    return int(said)


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
