"""NEST for neuroport: the realised network, called directly, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroport_nest.backend import NestBackend

__all__ = ["NestBackend"]


def __getattr__(name: str) -> Any:
    # The kinds of its findings are looked at with every `neuroport explain`.
    if name not in __all__:
        raise AttributeError(f"module 'neuroport_nest' has no attribute {name!r}")
    from neuroport_nest import backend

    return getattr(backend, name)
