"""The emulated board as a target."""

from __future__ import annotations

from neuroport.jobs.outcome import Kind
from neuroport.jobs.targets.local import LocalTarget
from neuroport_spinnaker.targets.failures import spinnaker_kind

__all__ = ["EmulatedTarget"]


class EmulatedTarget(LocalTarget):
    """The emulated board on this computer; takes one of its places."""

    form = "emulated"
    backend = "spinnaker-emulated"

    def kind_of(self, error: str, names: tuple[str, ...]) -> Kind:
        """Return whose fault an error of the run is."""
        kind = spinnaker_kind(names)
        return "worker" if kind in ("board", "allocation") else kind
