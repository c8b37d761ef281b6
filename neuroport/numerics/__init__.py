"""The numerics contract: what happens inside a time step, as choices that can be named."""

from neuroport.numerics.contract import NAMED, PYNN, SPINNAKER, Numerics, numerics
from neuroport.numerics.grids import register_grid
from neuroport.numerics.steps import to_steps

__all__ = ["Numerics", "PYNN", "SPINNAKER", "NAMED", "numerics", "register_grid", "to_steps"]
