"""Checks of a realised network against SpiNNaker, each a function ``(Case) -> findings``."""

from neuroport_spinnaker.checks.case import Case
from neuroport_spinnaker.checks.collect import check

__all__ = ["Case", "check"]
