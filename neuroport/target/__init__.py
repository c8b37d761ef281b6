"""What a machine can hold and do, as data: a :class:`Target` read from a TOML file."""

from neuroport.target.load import load_target, target_names
from neuroport.target.machine import Budget, Geometry, Target

__all__ = ["Budget", "Geometry", "Target", "load_target", "target_names"]
