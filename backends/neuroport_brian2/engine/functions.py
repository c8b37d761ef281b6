"""Functions of Brian2 code that Brian2 does not have, or not as they are needed."""

from __future__ import annotations

from typing import Any

import brian2
import numpy as np

from neuroport.realise.draws import binomial, uniform

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


_UNIFORM_OF = """
cdef unsigned long long _mixed(unsigned long long z):
    z = (z ^ (z >> 30))*<unsigned long long>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27))*<unsigned long long>0x94D049BB133111EB
    return z ^ (z >> 31)

cdef double uniform_of(double stream, double number):
    cdef unsigned long long golden = <unsigned long long>0x9E3779B97F4A7C15
    cdef unsigned long long count = <unsigned long long>number*golden
    return (_mixed(<unsigned long long>stream ^ _mixed(count + golden)) >> 11)/9007199254740992.0
"""
_BINOMIAL_OF = """
cdef double binomial_of(double u, double n, double p):
    cdef bint many = p > 0.5
    cdef double q = 1.0 - p if many else p
    cdef double left = 1.0 - u if many else u
    cdef double term = (1.0 - q)**n
    cdef double odds = q/(1.0 - q)
    cdef double reached = term
    cdef double count = 0.0
    while count < n and ((left > reached) if many else (left >= reached)):
        term = term*odds*(n - count)/(count + 1.0)
        reached = reached + term
        count = count + 1.0
    return n - count if many else count
"""


def _drawn(name: str, reference: Any, arguments: int, compiled: str) -> brian2.Function:
    """Return a function of neuroport.realise.draws."""
    function = brian2.Function(
        reference, arg_units=[1] * arguments, return_unit=1, arg_types=["float"] * arguments,
        return_type="float",
    )
    function.implementations.add_implementation("numpy", reference)
    function.implementations.add_implementation("cython", compiled, name=name)
    return function


FUNCTIONS = {
    "floor_of": _floor_of(),
    "uniform_of": _drawn("uniform_of", uniform, 2, _UNIFORM_OF),
    "binomial_of": _drawn("binomial_of", binomial, 3, _BINOMIAL_OF),
}
