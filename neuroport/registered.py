"""What packages register by entry point: backends, models, experiments, grids."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from neuroport.errors import Problem, unknown_name

__all__ = ["not_registered", "registered"]


def registered(group: str) -> dict[str, EntryPoint]:
    """Return what is registered in a group of entry points, by name."""
    return {point.name: point for point in entry_points(group=group)}


def not_registered(what: str, group: str, name: str, otherwise: str) -> Problem:
    """Return the problem of a name that nothing in a group has.

    Parameters
    ----------
    what : str
        The problem in one sentence.
    group : str
        Of entry points.
    name : str
        As the user wrote it.
    otherwise : str
        The way out where no registered name is like it.
    """
    return unknown_name(what, name, sorted(registered(group)), "registered", otherwise)
