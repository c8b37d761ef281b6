"""What a backend is, how one is found by name, and how a network is prepared for it."""

from neuroport.backend.registry import (
    GROUP,
    Backend,
    BackendInformation,
    Progress,
    Session,
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
    "Progress",
    "Session",
    "backend_class",
    "backend_names",
    "backend_option_types",
    "backend_options",
    "load_backend",
]
