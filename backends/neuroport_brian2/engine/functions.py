"""Functions of Brian2 code that Brian2 does not have, or not as they are needed."""

from __future__ import annotations

import brian2
import numpy as np

__all__ = ["FUNCTIONS"]


def _floor_of() -> brian2.Function:
    """Return the floor as a floating-point number.

    Brian2's own becomes a 32-bit integer on the numpy target, so what is beyond is lost.
    """
    function = brian2.Function(
        np.floor, arg_units=[1], return_unit=1, arg_types=["float"], return_type="float"
    )
    function.implementations.add_implementation("numpy", np.floor)
    function.implementations.add_implementation(
        "cython", "cdef double floor_of(double x):\n    return floor(x)\n", name="floor_of"
    )
    return function


FUNCTIONS = {"floor_of": _floor_of()}
