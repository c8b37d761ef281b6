"""NEST for neuroport: the realised network, called directly, in a process of its own."""

from neuroport_nest.backend import NestBackend

__all__ = ["NestBackend"]
