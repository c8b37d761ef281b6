"""The numerics contract: what happens inside a time step, as choices that can be named."""

from neuroport.numerics.contract import NAMED, PYNN, SPINNAKER, Numerics, numerics

__all__ = ["Numerics", "PYNN", "SPINNAKER", "NAMED", "numerics"]
