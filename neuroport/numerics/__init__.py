"""The numerics contract: what happens inside a time step, as choices that can be named."""

from neuroport.numerics.contract import NAMED, PYNN, SPINNAKER, Numerics, numerics
from neuroport.numerics.grids import register_grid

__all__ = ["Numerics", "PYNN", "SPINNAKER", "NAMED", "numerics", "register_grid"]
