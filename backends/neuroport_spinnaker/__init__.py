"""SpiNNaker backend of neuroport."""

from __future__ import annotations

from typing import Any

__all__ = ["EmulatedBackend", "SpinnakerBackend"]


def __getattr__(name: str) -> Any:
    # The board's command is loaded with every `neuroport`; it needs nothing of the backend.
    if name not in __all__:
        raise AttributeError(f"module 'neuroport_spinnaker' has no attribute {name!r}")
    from neuroport_spinnaker import backend

    return getattr(backend, name)
