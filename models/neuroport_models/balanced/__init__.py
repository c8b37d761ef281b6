"""Balanced random networks, the usual test cases of simulators: Vogels & Abbott, Brunel."""

from neuroport_models.balanced.brunel import brunel
from neuroport_models.balanced.vogels_abbott import vogels_abbott

__all__ = ["brunel", "vogels_abbott"]
