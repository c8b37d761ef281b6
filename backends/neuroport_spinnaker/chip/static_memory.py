"""What each program of sPyNNaker 7.4.1 keeps in private memory before it asks for any."""

from __future__ import annotations

import tomllib
from importlib.resources import files

__all__ = ["STATIC", "STACKS", "combined_binary", "split_binaries"]

STACKS = 2048  # of every image

STATIC: dict[str, int] = tomllib.loads(
    files("neuroport_spinnaker.chip").joinpath("static_memory.toml").read_text("utf-8"))
"""Program -> bytes of its variables."""

_NAMES = {"Izhikevich_curr_exp": "IZK_curr_exp"}  # others are called as the cell is
_TIMINGS = {"pair": "pair", "nearest_pair": "nearest_pair", "vogels": "vogels_2011"}


def _suffix(rule: tuple[str, str] | None) -> str:
    if rule is None:
        return ""
    timing, weight = rule
    return f"_stdp_mad_{_TIMINGS.get(timing, timing)}_{weight}"


def combined_binary(cell: str, rule: tuple[str, str] | None) -> str:
    """Return the image for cells together with their synapses; it need not exist.

    Parameters
    ----------
    cell : str
        neuroport's cell type.
    rule : (str, str) or None
        Timing and weight dependence; None without plasticity.
    """
    return _NAMES.get(cell, cell) + _suffix(rule)


def split_binaries(cell: str, rule: tuple[str, str] | None) -> tuple[str, str]:
    """Return the images for cells and for synapses on cores of their own."""
    return _NAMES.get(cell, cell) + "_neuron", "synapses" + _suffix(rule)
