"""What a backend is, how one is found by name, and how a network is prepared for it."""

from neuroport.backend.engine import Progress
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
from neuroport.backend.session import SessionBase

__all__ = [
    "Backend",
    "BackendInformation",
    "GROUP",
    "Progress",
    "SessionBase",
    "backend_class",
    "backend_names",
    "backend_option_types",
    "backend_options",
    "load_backend",
]
