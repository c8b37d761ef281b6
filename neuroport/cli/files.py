"""Files that a command writes beside what it shows: looked at before the work, written after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.text import Text

from neuroport.cli import display
from neuroport.errors import UserError
from neuroport.output.checking import check_file
from neuroport.output.elsewhere import write_or_keep
from neuroport.output.errors import SavedElsewhereError

__all__ = ["Files"]


class Files:
    """Files that options of a command name.

    Parameters
    ----------
    asked : mapping of str to (path or None)
        Option -> the file, where there is to be one.

    Attributes
    ----------
    written : dict of str to pathlib.Path
        Option -> where the file is.
    errors : list of UserError
        Of files that are not where they were to be.

    Raises
    ------
    OutputError
        If one of them could not be written.
    """

    def __init__(self, asked: Mapping[str, Path | None]) -> None:
        self._asked = {option: path for option, path in asked.items() if path is not None}
        self.written: dict[str, Path] = {}
        self.errors: list[UserError] = []
        for option, path in self._asked.items():
            check_file(path, f"{option} FILE")

    def write(self, option: str, write: Callable[[Path], Any]) -> None:
        """Write a file if it was asked for; in another place where its own fails."""
        if option not in self._asked:
            return

        def path_of(path: Path) -> Path:
            write(path)
            return path

        try:
            self.written[option] = write_or_keep(self._asked[option], path_of)
        except SavedElsewhereError as error:
            self.written[option] = error.path
            self.errors.append(error)
        except UserError as error:
            self.errors.append(error)

    def show(self, word: str = "report", *, quiet: bool = False) -> None:
        """Print where the files are, and what went wrong."""
        for path in () if quiet else self.written.values():
            display.console().print(Text(f"{word} {path}"), soft_wrap=True)
        for error in self.errors:
            display.console(to_stderr=True).print(display.error_panel(error, show_line=False))

    def code(self, code: int) -> int:
        """Return the exit code of a command that would end with `code`."""
        return 2 if self.errors else code
