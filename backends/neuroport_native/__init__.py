"""The fast engine: kernels made from the network's own description, compiled by numba."""

from neuroport_native.backend import NativeBackend

__all__ = ["NativeBackend"]
