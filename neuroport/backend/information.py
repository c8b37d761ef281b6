"""What a backend says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BackendInformation"]


@dataclass(frozen=True, slots=True)
class BackendInformation:
    """What a backend says of itself.

    Attributes
    ----------
    name : str
        As used in ``simulator(name)``.
    description : str
        One line.
    packages : tuple of str
        Packages it needs besides neuroport's own, as import names.
    install : str
        The command that installs them.
    versions : mapping
        Engine -> version.
    """

    name: str
    description: str
    packages: tuple[str, ...] = ()
    install: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
