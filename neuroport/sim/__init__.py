"""The PyNN-style front end: what a model author is handed."""

from neuroport.sim.simulator import Simulator, simulator
from neuroport.sim.state import FindingWarning

__all__ = ["FindingWarning", "Simulator", "simulator"]
