"""An existing Dask scheduler as a target: its workers do what supervisors do.

Dask forgets what it was to do when its scheduler dies, and may do a task twice. Neither matters:
the truth is in the store, which the workers must see under the same path; a second execution of a
task finds the job taken and does nothing; what the scheduler has forgotten is handed to it again by
the next look at the store.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from neuroport.errors import BackendMissingError, Problem
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.store.store import FOLDER
from neuroport.jobs.targets.base import Target

__all__ = ["DaskTarget", "supervise"]

INSTALL = "pip install 'neuroport[dask]'"
_PATIENCE = "10s"  # for a connection
_AT_ONCE = 10_000  # members: the scheduler has a queue itself


class DaskTarget(Target):
    """Workers of a Dask scheduler that runs already."""

    form = "dask://HOST:PORT"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        scheme, slashes, where = address.partition("://")
        host, colon, port = where.rpartition(":")
        if not (scheme == "dask" and slashes and host and colon and port.isdecimal()):
            raise UnknownTargetAddressError(Problem(
                f"target '{address}' cannot be read", limit=self.form,
                fix="the address that `dask scheduler` prints, with dask: in place of tcp:"))
        self.scheduler = f"tcp://{where}"

    def prepared(self, spec: RunSpec) -> RunSpec:
        """Return the run, once the scheduler has answered.

        Raises
        ------
        BackendMissingError
            If Dask is not installed.
        UnknownTargetAddressError
            If no scheduler answers.
        """
        _client(self.scheduler)
        return super().prepared(spec)

    def at_once(self) -> int:
        """Return a number that no sweep reaches: the scheduler has a queue itself."""
        return _AT_ONCE

    def launch(self, start: Callable[[], None], job: str, folder: Path) -> None:
        """Hand the job to the scheduler; where it has it already, that is one and the same."""
        from distributed import fire_and_forget

        known = _handed.get(job)
        if known is not None and known.status == "error":  # it has killed too many workers
            known.retry()
            return
        _handed[job] = _client(self.scheduler).submit(
            supervise, job, str(folder), key=f"neuroport-{job}", pure=False)
        fire_and_forget(_handed[job])


_handed: dict[str, Any] = {}  # job -> future; the scheduler's answer to it comes later


@cache
def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise BackendMissingError(
            Problem("Dask is not installed", fix=INSTALL)) from None
    try:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UnknownTargetAddressError(Problem(
            f"no Dask scheduler answers at {address}", measured=str(error),
            fix="start one (`dask scheduler`), or see that this computer reaches it")) from None


def supervise(job: str, folder: str) -> str:
    """Work on a job until it is over; called by a worker.

    Where the worker is killed, the supervisor goes on: it is in a session of its own.
    """
    subprocess.run(
        [sys.executable, "-m", "neuroport.jobs.supervise", job, "--attached"], check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, FOLDER: folder}, start_new_session=True)
    return job
