"""Nengo for neuroport: the realised network as Nengo nodes, in a process of its own."""

from neuroport_nengo.backend import NengoBackend

__all__ = ["NengoBackend"]
