"""Runs of models in processes of their own, side by side, that can always be stopped."""

from neuroport.compare.workers.job import Job, Outcome
from neuroport.compare.workers.parent import Worker

__all__ = ["Job", "Outcome", "Worker"]
