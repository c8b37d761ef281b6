"""What a machine can hold and do, as data: a :class:`Target` read from a TOML file."""

from neuroport.machines.load import load_target, target_names
from neuroport.machines.target import Budget, Geometry, Target

__all__ = ["Budget", "Geometry", "Target", "load_target", "target_names"]
