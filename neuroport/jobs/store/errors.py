"""Named errors of jobs and of their store."""

from __future__ import annotations

from neuroport.errors import UserError

__all__ = [
    "AlreadyChangedError", "JobFailedError", "JobNotFoundError", "JobNotOverError", "KeyTakenError",
    "LeaseLostError", "StoreError", "UnknownTargetAddressError",
]


class StoreError(UserError, OSError):
    """The store of jobs cannot be read or written."""


class JobNotFoundError(UserError, KeyError):
    """No job has this id, or several begin with it."""


class KeyTakenError(UserError, ValueError):
    """Another job was submitted under this key."""


class AlreadyChangedError(UserError, RuntimeError):
    """A job is no longer in the state in which something could be done to it."""


class LeaseLostError(UserError, RuntimeError):
    """Another supervisor works on this job now."""


class JobNotOverError(UserError, TimeoutError):
    """A job is not over yet."""


class JobFailedError(UserError, RuntimeError):
    """A job is over and did not succeed; `state` and `code` say how.

    Attributes
    ----------
    state, code : str
    """

    state: str = ""
    code: str = ""


class UnknownTargetAddressError(UserError, ValueError):
    """A target that no scheme stands for, or whose address cannot be read."""
