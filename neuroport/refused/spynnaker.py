"""Stands where sPyNNaker would be found by a process that a script starts."""

raise ImportError(
    f"{__name__} is refused: a process that a script starts would take a machine of its own, "
    "while neuroport stands in for sPyNNaker. Run the part by itself with 'neuroport run', or the "
    "whole script without neuroport."
)
