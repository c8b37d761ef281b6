"""What a backend is, and how one is found by name."""

from neuroport.backend.registry import (
    GROUP,
    Backend,
    BackendInformation,
    Program,
    Progress,
    Session,
    backend_names,
    backend_option_types,
    backend_options,
    load_backend,
    missing_parts,
)

__all__ = [
    "Backend",
    "BackendInformation",
    "GROUP",
    "Program",
    "Progress",
    "Session",
    "backend_names",
    "backend_option_types",
    "backend_options",
    "load_backend",
    "missing_parts",
]
