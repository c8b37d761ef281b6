"""How much memory a network may take."""

from __future__ import annotations

import os

import psutil

from neuroport.errors import InvalidValueError, Problem

__all__ = ["BYTES_PER_SYNAPSE", "memory_limit"]

# What one synapse takes from drawing to running, measured with 10 million static synapses.
BYTES_PER_SYNAPSE = 120.0


def memory_limit() -> float:
    """Return the number of bytes that a network may take.

    ``NEUROPORT_MEMORY_GB`` where it is set, else half of the memory that is free now.

    Raises
    ------
    InvalidValueError
        If the variable holds no number above 0.
    """
    chosen = os.environ.get("NEUROPORT_MEMORY_GB")
    if chosen is not None:
        try:
            gigabytes = float(chosen)
        except ValueError:
            gigabytes = -1.0
        if not gigabytes > 0:
            raise InvalidValueError(
                Problem(
                    "NEUROPORT_MEMORY_GB is not an amount of memory",
                    measured=repr(chosen),
                    limit="a number of gigabytes above 0",
                )
            )
        return gigabytes * 1e9
    return float(psutil.virtual_memory().available) / 2
