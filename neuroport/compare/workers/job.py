"""What a worker is asked to do, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from neuroport.results.result import Result

__all__ = ["Job", "Outcome"]

#: ``wrong``: it ran, and the model's own answers are wrong; there is a result to compare.
Status = Literal["ok", "wrong", "refused", "error", "timed out", "died", "stopped"]


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a model.

    Attributes
    ----------
    name : str
        In progress and reports.
    model : str
        A registered name or the path of a script.
    backend : str
    numerics : str or None
        As text, see :func:`neuroport.numerics.numerics`; None: the model's own.
    seed, timestep, duration
        None: what the model says.
    arguments : tuple of str
        The model's own options, as on the command line.
    function : str or None
        Which function of a script is the model.
    traces : int
        Cells of each population whose membrane potential is recorded besides what the model
        records.
    output : str
        Folder to keep the run in, as `neuroport run` does; empty: not kept.
    """

    name: str
    model: str
    backend: str
    numerics: str | None = None
    seed: int | None = None
    timestep: float | None = None
    duration: float | None = None
    arguments: tuple[str, ...] = ()
    function: str | None = None
    traces: int = 0
    output: str = ""

    def with_seed(self, seed: int) -> Job:
        """The same run with another seed, not kept."""
        return replace(self, seed=seed, output="")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the worker."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Job:
        """Turn plain data back."""
        return cls(**{**data, "arguments": tuple(data["arguments"])})

    @property
    def command(self) -> str:
        """The command that makes this run by itself."""
        words = ["neuroport run", self.model, "-b", self.backend]
        for flag, value in (("--numerics", self.numerics), ("--seed", self.seed),
                            ("--timestep", self.timestep), ("--duration", self.duration)):
            if value is not None:
                words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
        return " ".join([*words, *self.arguments])


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of a job.

    Attributes
    ----------
    job : Job
    status : str
        ``ok``, ``wrong`` (ran, but the model's own answers are not all right), ``refused`` (by
        the checks), ``error``, ``timed out``, ``died`` (the process ended) or ``stopped``.
    result : Result or None
        None where there is nothing to compare.
    reason : str
        Why there is no result, in words; the end of the worker's log where the process died.
    messages : tuple of str
        Warnings of the run.
    seconds : float
        Wall time.
    """

    job: Job
    status: Status
    result: Result | None = None
    reason: str = ""
    messages: tuple[str, ...] = field(default=())
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether there is nothing to compare."""
        return self.result is None
