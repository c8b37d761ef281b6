"""A journal on disk: every finished step is kept, so that an interrupted reproduction goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neuroport.errors import FileFormatError, Problem
from neuroport.output.elsewhere import keep_elsewhere
from neuroport.output.errors import SavedElsewhereError, output_error
from neuroport.output.writing import write_file
from neuroport.process.interrupt import keeps_data

__all__ = ["Journal", "JournalError"]

FORMAT = 2


class JournalError(FileFormatError):
    """A journal that belongs to something else, or is not one."""


class Journal:
    """The finished steps of one reproduction, one line of JSON each.

    Parameters
    ----------
    path : pathlib.Path
        The file; made when the first step is written.
    experiment, fingerprint : str
        To which the journal belongs.

    Raises
    ------
    JournalError
        If the file belongs to another experiment, or to another state of its claims, protocol and
        models.
    """

    def __init__(self, path: Path, experiment: str, fingerprint: str) -> None:
        self.path = path
        self._header = {"format": FORMAT, "experiment": experiment, "fingerprint": fingerprint}
        self.entries: dict[tuple[str, str], dict[str, Any]] = {}
        self.moved: SavedElsewhereError | None = None
        if path.exists():
            self._read()

    def _read(self) -> None:
        text = self.path.read_text(encoding="utf-8")
        lines = text.split("\n")
        # What follows the last line end was being written when the machine or process stopped.
        whole = lines[:-1]
        if not whole:
            self.path.unlink()
            return
        try:
            header, *entries = [json.loads(line) for line in whole]
        except json.JSONDecodeError as error:
            raise JournalError(
                Problem(f"the journal is damaged ({error})", f"{self.path}",
                        fix="start again with --fresh"),
            ) from None
        if header != self._header:
            raise JournalError(
                Problem(
                    "the journal belongs to another experiment, or its claims, protocol or models "
                    "have changed since",
                    measured=f"{header.get('experiment')} {str(header.get('fingerprint'))[:12]}",
                    limit=f"{self._header['experiment']} {str(self._header['fingerprint'])[:12]}",
                    fix="start again with --fresh, or choose another folder with --output",
                ),
                where=str(self.path),
            )
        self.entries = {(e["backend"], e["step"]): e for e in entries}
        if lines[-1]:
            with self.path.open("r+", encoding="utf-8") as stream:
                stream.truncate(len(text.encode()) - len(lines[-1].encode()))

    def known(self, backend: str, step: str, spec: str, versions: Mapping[str, str],
              ) -> dict[str, Any] | None:
        """Return a finished step, unless it was made otherwise.

        Parameters
        ----------
        backend, step : str
        spec : str
            Hash of the specification.
        versions : mapping of str to str
            Package -> version of everything that can change a result.
        """
        entry = self.entries.get((backend, step))
        same = entry is not None and (entry["spec"], entry["versions"]) == (spec, dict(versions))
        return entry if same else None

    @keeps_data
    def write(self, entry: dict[str, Any]) -> None:
        """Append a finished step; it is on the disk when this returns.

        Where its folder cannot be written any more the journal goes on in another one, and
        `moved` says so.

        Raises
        ------
        OutputError
            If there is no place for it anywhere.
        """
        self.entries[entry["backend"], entry["step"]] = entry
        try:
            fresh = not self.path.exists()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                if fresh:
                    stream.write(json.dumps(self._header) + "\n")
                stream.write(json.dumps(entry) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            self._move(error)

    def _move(self, error: OSError) -> None:
        """Go on in another folder, with all steps, where the own one cannot be written."""
        lines = [self._header, *self.entries.values()]
        text = "".join(json.dumps(line) + "\n" for line in lines)

        def write(folder: Path) -> Path:
            folder.mkdir(exist_ok=True)
            self.path = write_file(folder / self.path.name, text)
            return folder

        first = output_error(error, self.path.parent, "--output DIR")
        self.moved = keep_elsewhere(self.path.parent.name or "reproduced", write, first)
