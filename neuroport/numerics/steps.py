"""Times as whole steps: the one rule for delays, spike times, currents and refractory periods."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["to_steps"]

_NEVER = 2.0**62  # a step that no run reaches, and that int64 holds
_CLOSE = 1e-9  # of a step; 0.35/0.1 is a little less than the 3.5 that was meant


def to_steps(time: ArrayLike, timestep: float) -> NDArray[np.int64]:
    """Return the nearest step of each time; half a step counts up, as for delays in NEST.

    To even would put spikes of 1.5 and 2.5 steps into one step.

    Parameters
    ----------
    time : array_like of float
        ms.
    timestep : float
        ms.

    Returns
    -------
    ndarray of int
        Times beyond 2**62 steps are that step.

    Examples
    --------
    >>> from neuroport.numerics import to_steps
    >>> to_steps([0.15, 0.25, 0.35, 0.34], 0.1).tolist()
    [2, 3, 4, 3]
    """
    steps = np.asarray(time, dtype=float) / timestep
    whole = np.clip(np.floor(steps + 0.5 + _CLOSE), -_NEVER, _NEVER)
    return np.asarray(whole, dtype=np.int64)
