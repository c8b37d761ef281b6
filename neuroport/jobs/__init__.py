"""Runs as data: what is to be run, what came of it, and jobs that outlive the shell."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroport.jobs.submission import Job, get, submit

__all__ = ["Job", "get", "submit"]


def __getattr__(name: str) -> Any:
    if name in __all__:  # most of what this room is used for needs no store
        return getattr(import_module("neuroport.jobs.submission"), name)
    raise AttributeError(f"module 'neuroport.jobs' has no attribute {name!r}")
