"""What runs leave: one result, the store on disk, recordings made elsewhere."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroport.output.errors import OutputError
    from neuroport.results.collecting import collect
    from neuroport.results.result import Result, join_results
    from neuroport.results.store import load_results, load_run, save_results
    from neuroport.results.structure import ProjectionStructure, Score, Structure

__all__ = [
    "OutputError",
    "ProjectionStructure",
    "Result",
    "Score",
    "Structure",
    "collect",
    "join_results",
    "load_results",
    "load_run",
    "save_results",
]

# Looked up when first used: Neo takes longer than most commands do.
_HOMES = {
    "OutputError": "output.errors", "ProjectionStructure": "results.structure",
    "Result": "results.result", "Score": "results.structure", "Structure": "results.structure",
    "collect": "results.collecting", "join_results": "results.result",
    "load_results": "results.store", "load_run": "results.store",
    "save_results": "results.store",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"neuroport.{_HOMES[name]}"), name)
