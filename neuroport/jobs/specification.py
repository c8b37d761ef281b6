"""One description of a run, for everything that runs something."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from neuroport.errors import InvalidValueError, Problem
from neuroport.secrets import keep_secrets, with_secrets

__all__ = ["RunSpec"]


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What is to be run, where and how; frozen, hashable, and plain data in JSON.

    Parameters
    ----------
    model : str
        A registered name, or the path of a script.
    function : str, optional
        Which function of a script is the model; None: ``model`` or ``main``, if there is one.
    arguments : sequence of str
        Options of the model, or arguments of a script.
    backend : str, optional
        None, here and below: what the model, the script or the environment says, else the default.
    options : mapping of str to object
        Arguments of the backend, the address of its machine among them. Plain data; users and
        passwords in addresses stay in this process's memory, see :mod:`neuroport.secrets`.
    numerics : str, optional
        As text, see :func:`neuroport.numerics.numerics`.
    seed : int, optional
    further_seed : int
        Added to the seed, also to one that a script names itself: another draw of all that is
        random, for a comparison of runs that differ in nothing else.
    insist : bool
        Whether numerics, seed and time step hold also where a script says otherwise.
    timestep, duration : float, optional
        ms. `duration` is for models that do not run themselves.
    traces : int
        Record the membrane potential of this many cells of each population as well, where the
        model does not record it itself.
    check_only : bool
        Build and check the network; do not run it.

    Raises
    ------
    InvalidValueError
        If an option of the backend is not plain data.

    Examples
    --------
    >>> spec = RunSpec("ca3-memory", backend="spinnaker", options={"machine": "10.11.193.1"})
    >>> RunSpec.from_dict(spec.as_dict()) == spec
    True
    >>> spec.command
    'neuroport run ca3-memory -b spinnaker --machine 10.11.193.1'
    """

    model: str
    function: str | None = None
    arguments: Sequence[str] = ()
    backend: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    numerics: str | None = None
    seed: int | None = None
    further_seed: int = 0
    insist: bool = False
    timestep: float | None = None
    duration: float | None = None
    traces: int = 0
    check_only: bool = False

    def __post_init__(self) -> None:
        words = tuple(keep_secrets([str(word) for word in self.arguments]))
        object.__setattr__(self, "arguments", words)
        options = keep_secrets(dict(self.options))
        try:
            options = json.loads(json.dumps(options, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise InvalidValueError(
                Problem("the options of the backend are not plain data", measured=str(error),
                        limit="numbers, texts, truth values, lists and mappings of those"),
                where=f"backend '{self.backend}'") from None
        object.__setattr__(self, "options", MappingProxyType(options))

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def hash(self) -> str:
        """SHA-256 of everything that it says."""
        return sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """Return plain data; see :meth:`from_dict`."""
        data = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**data, "arguments": list(self.arguments), "options": dict(self.options)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunSpec:
        """Turn plain data back."""
        return cls(**data)

    def replace(self, **changes: Any) -> RunSpec:
        """Return the same run with some things said otherwise."""
        return replace(self, **changes)

    @property
    def backend_options(self) -> dict[str, Any]:
        """Arguments for the backend's constructor, secrets of this process put back."""
        return dict(with_secrets(dict(self.options)))

    @property
    def words(self) -> tuple[str, ...]:
        """Arguments for the model, secrets of this process put back."""
        return tuple(with_secrets(list(self.arguments)))

    @property
    def is_script(self) -> bool:
        """Whether the model is given as a file."""
        return self.model.endswith(".py") or os.sep in self.model or Path(self.model).is_file()

    @property
    def name(self) -> str:
        """A short name for headings and folders."""
        return self.function or (Path(self.model).stem if self.is_script else self.model)

    @property
    def command(self) -> str:
        """The command that makes this run by itself."""
        words = ["neuroport", "run", self.model, *flags(
            ("-b", self.backend), ("--numerics", self.numerics), ("--seed", self.seed),
            ("--timestep", self.timestep), ("--duration", self.duration))]
        return shlex.join([*words, *option_words(self.options), *self.arguments])


def flags(*pairs: tuple[str, Any]) -> list[str]:
    """Return the words of a command line for those flags that have a value."""
    words: list[str] = []
    for flag, value in pairs:
        if value is not None:
            words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    return words


def option_words(options: Mapping[str, Any]) -> list[str]:
    """Return a backend's options as the words of a command line that give them."""
    return flags(*((f"--{name.replace('_', '-')}", option_text(value))
                   for name, value in options.items()))


def option_text(value: Any) -> str:
    """Return an option's value as a user types it, see :mod:`neuroport.jobs.options`."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}={option_text(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
