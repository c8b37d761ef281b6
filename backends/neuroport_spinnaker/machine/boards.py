"""Which boards sPyNNaker knows."""

from __future__ import annotations

from neuroport.errors import FileFormatError, Problem
from neuroport.machines import Target
from neuroport_spinnaker.chip.limits import VERSIONS

__all__ = ["known_board"]


def known_board(target: Target) -> Target:
    """Return a target whose board sPyNNaker 7.4 knows.

    Raises
    ------
    FileFormatError
        For any other.
    """
    if target.geometry.version not in VERSIONS:
        raise FileFormatError(
            Problem("[geometry] has a 'version' that sPyNNaker does not know",
                    f"{target.geometry.version}", ", ".join(map(str, VERSIONS))),
            where=f"target '{target.name}'",
        )
    return target
