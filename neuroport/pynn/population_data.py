"""What goes into populations and comes out: recordings, files, injected currents."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pyNN.models import BaseCurrentSource

from neuroport.errors import InvalidValueError, Problem, UnsupportedError
from neuroport.plain_numbers import shown

__all__ = ["PopulationData", "annotation_problems", "is_output"]


def is_output(target: Any) -> bool:
    """Tell whether something names a file, or is one of Neo's writers."""
    return isinstance(target, (str, os.PathLike)) or callable(
        getattr(type(target), "write_block", None))


def annotation_problems(annotations: Any) -> list[Problem]:
    """Return what is wrong with annotations: they are names and values."""
    if annotations is None or (isinstance(annotations, Mapping)
                               and all(isinstance(key, str) for key in annotations)):
        return []
    return [Problem("annotations is not a dictionary", shown(annotations),
                    "names and values, such as {'trial': 3}")]


class PopulationData:
    """Checked arguments of what populations and views record, write and receive."""

    def record(
        self, variables: Any, to_file: Any = None, sampling_interval: Any = None,
        locations: Any = None,
    ) -> None:
        """Record variables of all cells; see ``pyNN.common.BasePopulation.record``.

        Parameters
        ----------
        variables : str, list of str or None
            Names, or None to record nothing more.
        to_file : str, path or neo IO, optional
            Where ``end()`` writes the data to.
        sampling_interval : float, optional
            Multiple of the time step (ms).
        """
        self._refuse_locations(locations)
        if not (to_file is None or isinstance(to_file, bool) or is_output(to_file)):
            raise InvalidValueError(
                Problem("to_file is no file", shown(to_file),
                        "a path, one of Neo's IO objects, or None"), where=self._where())
        path = os.fspath(to_file) if isinstance(to_file, os.PathLike) else to_file
        super().record(variables, path, sampling_interval)  # type: ignore[misc]
        if is_output(path) and not isinstance(path, str):  # PyNN forgets these
            state = self._simulator.state  # type: ignore[attr-defined]
            state.write_on_end.append((self, variables, path))

    def get_data(
        self, variables: Any = "all", gather: Any = True, clear: Any = False,
        locations: Any = None,
    ) -> Any:
        """Return recorded data as a Neo Block; see ``pyNN.common.BasePopulation.get_data``.

        Parameters
        ----------
        variables : str or list of str
            ``"all"``, or names.
        gather : object
            Has no meaning in one process.
        clear : bool
            Whether to forget the data.
        """
        self._check_reading(variables, clear, locations)
        return super().get_data(variables, gather, bool(clear))  # type: ignore[misc]

    def write_data(
        self, io: Any, variables: Any = "all", gather: Any = True, clear: Any = False,
        annotations: Any = None, locations: Any = None,
    ) -> None:
        """Write recorded data to a file; see ``pyNN.common.BasePopulation.write_data``.

        Parameters
        ----------
        io : str, path or neo IO
        variables, gather, clear
            As for :meth:`get_data`.
        annotations : mapping of str to object, optional
            Kept with the data.
        """
        self._check_reading(variables, clear, locations)
        problems = annotation_problems(annotations)
        if not is_output(io):
            problems.append(Problem("write_data needs a file", shown(io),
                                    "a path, or one of Neo's IO objects"))
        if problems:
            raise InvalidValueError(problems, where=self._where())
        path = os.fspath(io) if isinstance(io, os.PathLike) else io
        super().write_data(  # type: ignore[misc]
            path, variables, gather, bool(clear), dict(annotations or {}))

    def inject(self, current_source: Any) -> None:
        """Inject a current into all cells; see ``pyNN.common.BasePopulation.inject``."""
        if not isinstance(current_source, BaseCurrentSource):
            raise InvalidValueError(
                Problem("what is injected is no current source", shown(current_source),
                        "a current source, such as DCSource(amplitude=0.1)",
                        "write the parentheses" if isinstance(current_source, type) else ""),
                where=self._where())
        super().inject(current_source)  # type: ignore[misc]

    def _check_reading(self, variables: Any, clear: Any, locations: Any) -> None:
        self._refuse_locations(locations)
        if not (isinstance(variables, str) and variables == "all"):
            self.recorder.checked_names(variables, everyones=True)  # type: ignore[attr-defined]
        if type(clear).__name__ not in ("bool", "bool_", "NoneType"):
            raise InvalidValueError(Problem("clear is unclear", shown(clear), "True or False"),
                                    where=self._where())

    def _refuse_locations(self, locations: Any) -> None:
        if locations is not None:
            raise UnsupportedError(
                Problem("there are no locations in point neurons", shown(locations), "None"),
                where=self._where())

    def _where(self) -> str:
        return f"population '{self.label}'"  # type: ignore[attr-defined]
