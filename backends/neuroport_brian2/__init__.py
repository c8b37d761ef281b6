"""Brian2 as neuroport's CPU reference: code generated straight from the realised arrays."""

from neuroport_brian2.backend import Brian2Backend

__all__ = ["Brian2Backend"]
