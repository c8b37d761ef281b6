"""Jobs on the workers of a Dask scheduler: tasks done twice, and a scheduler that forgets."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from neuroport.jobs.outcome import Outcome
from neuroport.jobs.specification import RunSpec
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.store.folder import write_json
from neuroport.jobs.store.store import FOLDER, Store
from neuroport.jobs.supervise.launch import settle
from neuroport.jobs.supervise.supervisor import Supervisor
from neuroport.jobs.supervise.work import SupervisedWork
from neuroport.jobs.sweeps.sweep import submit_sweep
from neuroport.jobs.targets import dask_scheduler
from neuroport.jobs.targets.base import Placed, Target, load_target_of

distributed = pytest.importorskip("distributed")
MEMBERS = 60
RAN: list[str] = []


class QuickSupervisor(Supervisor):
    """Stores a result where a network would run."""

    def _run(self, target: Target, work: SupervisedWork, placed: Placed) -> Outcome:
        RAN.append(work.job)
        time.sleep(0.02)
        (work.folder / "result").mkdir()
        (work.folder / "result" / "spikes.txt").write_text(work.job)
        write_json(work.folder / "run.json", {"status": "ok", "error": ""})
        return Outcome("ok", "ok")


def supervise_here(job: str, folder: str) -> str:
    """Take the place of a supervisor in a process of its own."""
    QuickSupervisor(Store(folder), job).work()
    return job


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv(FOLDER, str(tmp_path / "jobs"))
    monkeypatch.setattr(dask_scheduler, "supervise", supervise_here)
    RAN.clear()
    with distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, processes=False, host="127.0.0.1",
            dashboard_address=None, silence_logs=50, protocol="tcp") as made:
        yield made
    dask_scheduler._client.cache_clear()


@pytest.mark.parametrize("address", ["dask://", "dask://host", "dask:host:1", "dask://host:x"])
def test_addresses_that_cannot_be_read(address: str) -> None:
    with pytest.raises(UnknownTargetAddressError, match="cannot be read"):
        load_target_of(address)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_members_are_done_once_whatever_dask_does(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("script.py").write_text("import sys\n")
    target = cluster.scheduler_address.replace("tcp:", "dask:")
    made = submit_sweep(RunSpec("script.py"), {"x": range(MEMBERS)}, target, key="mine")
    chance, stop = random.Random(1), threading.Event()

    def disturb() -> None:  # a task is done twice where its worker goes, or a client asks again
        while not stop.wait(0.5):
            cluster.scale(chance.randint(1, 4))
            settle(Store(), young=0.0)

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        assert made.wait(120.0) == {"done": MEMBERS}
    finally:
        stop.set()
        disturber.join()
    assert len(RAN) == len(set(RAN)) == MEMBERS
    for job in made.members:
        assert (made.store.files(job.id).result / "spikes.txt").read_text() == job.id
    assert submit_sweep(RunSpec("script.py"), {"x": range(MEMBERS)}, target, key="mine") == made
    assert len(RAN) == MEMBERS
