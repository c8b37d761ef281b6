"""What a backend is, how one is found by name, and how a network is prepared for it."""

from neuroport.backend.information import BackendInformation
from neuroport.backend.prepared import Backend
from neuroport.backend.registry import (
    GROUP,
    backend_class,
    backend_names,
    backend_option_types,
    backend_options,
    load_backend,
)

__all__ = [
    "Backend",
    "BackendInformation",
    "GROUP",
    "backend_class",
    "backend_names",
    "backend_option_types",
    "backend_options",
    "load_backend",
]
