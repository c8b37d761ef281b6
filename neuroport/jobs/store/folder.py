"""A job's folder: what it was, what happened, what came of it. Enough to know it again.

``job.json``
    What was submitted; never changed.
``source/``
    The script as it was submitted, see :mod:`neuroport.jobs.snapshot`.
``events.jsonl``
    A copy of the job's events, one a line.
``attempts/N/``
    ``attempt.json`` with what a server held for it, ``log``, the run's ``result`` and
    ``outcome.json``.
``result/``, ``outcome.json``
    What came of the job, by one rename each.
"""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from neuroport.jobs.store.marks import mark

__all__ = ["JOB", "OUTCOME", "JobFolder", "checked_files", "read_json", "write_json"]

JOB, EVENTS, OUTCOME, RESULT = "job.json", "events.jsonl", "outcome.json", "result"


def write_json(path: Path, data: Any) -> None:
    """Write a file whole or not at all, so that it is there after a power cut, too."""
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        mark("file: written beside")
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder written to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:  # some file systems refuse it for folders
        pass
    finally:
        os.close(descriptor)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a file holds; None where it is missing, cut off or no JSON object."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def checked_files(folder: Path) -> dict[str, tuple[int, str]]:
    """Return size and SHA-256 of every file below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest = sha256()
            with path.open("rb") as stream:
                while piece := stream.read(1 << 20):
                    digest.update(piece)
            found[str(path.relative_to(folder))] = (path.stat().st_size, digest.hexdigest())
    return found


class JobFolder:
    """The folder of one job.

    Parameters
    ----------
    path : pathlib.Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def description(self) -> dict[str, Any] | None:
        """What was submitted; None where the file is missing or damaged."""
        return read_json(self.path / JOB)

    @property
    def outcome(self) -> dict[str, Any] | None:
        """How the job ended; None where it has not."""
        return read_json(self.path / OUTCOME)

    @property
    def result(self) -> Path:
        """Where its results are."""
        return self.path / RESULT

    def attempt(self, n: int) -> Path:
        """Return the folder of an attempt."""
        return self.path / "attempts" / str(n)

    @property
    def attempts(self) -> list[int]:
        """Numbers of the attempts that have a folder."""
        place = self.path / "attempts"
        if not place.is_dir():
            return []
        return sorted(int(p.name) for p in place.iterdir() if p.name.isdecimal())

    def make(self, description: dict[str, Any], source: Path | None) -> None:
        """Write a new job's folder, whole or not at all.

        Parameters
        ----------
        description : dict
        source : Path or None
            A folder that becomes the job's ``source``.
        """
        if (self.path / JOB).exists():
            return
        beside = self.path.with_name(f".{self.path.name}.new-{os.getpid()}")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True, mode=0o700)
        (beside / "attempts").mkdir(mode=0o700)
        if source is not None:
            shutil.copytree(source, beside / "source", symlinks=True)
        write_json(beside / JOB, description)
        mark("folder: written beside")
        try:
            beside.rename(self.path)
        except OSError:  # another process was quicker
            shutil.rmtree(beside, ignore_errors=True)
            if not (self.path / JOB).exists():
                raise
        sync_folder(self.path.parent)

    def remove(self) -> None:
        """Remove the folder."""
        gone = self.path.with_name(f".{self.path.name}.gone")
        if self.path.exists():
            shutil.rmtree(gone, ignore_errors=True)
            self.path.rename(gone)  # half a folder would be taken for a job
        shutil.rmtree(gone, ignore_errors=True)

    # -- events ------------------------------------------------------------------------------------

    def events(self) -> list[dict[str, Any]]:
        """Return the events that the folder knows; a line that was cut off is left out."""
        try:
            lines = (self.path / EVENTS).read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []
        found = []
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and {"at", "new"} <= set(event):
                found.append(event)
        return found

    def add_events(self, events: list[dict[str, Any]]) -> None:
        """Add events; the last line may have been cut off by a crash."""
        if not events or not self.path.is_dir():
            return
        path = self.path / EVENTS
        text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                text = "\n" + text
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
