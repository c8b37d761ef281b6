"""What a worker is asked to do, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neuroport.jobs.specification import RunSpec
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
    spec : RunSpec
        What to run.
    output : str
        Folder to keep the run in, as `neuroport run` does; empty: not kept.
    """

    name: str
    spec: RunSpec
    output: str = ""

    def further(self, number: int) -> Job:
        """The same run with its seed increased by `number`, not kept."""
        return Job(f"{self.name}, seed +{number}", self.spec.replace(further_seed=number))

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the worker."""
        return {"name": self.name, "spec": self.spec.as_dict(), "output": self.output}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Job:
        """Turn plain data back."""
        return cls(data["name"], RunSpec.from_dict(data["spec"]), data["output"])


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
