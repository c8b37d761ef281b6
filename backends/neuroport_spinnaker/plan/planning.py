"""What a SpiNNaker machine would do with a prepared network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neuroport.backend.prepared import Prepared, Told
from neuroport.errors import Problem, UnsupportedError
from neuroport_spinnaker.place.placed import Placed
from neuroport_spinnaker.plan.fix import Fixed, WithOptions, fix
from neuroport_spinnaker.plan.picture import board_picture, weights_picture
from neuroport_spinnaker.plan.plan import Plan, plan
from neuroport_spinnaker.plan.predict import Prediction, predict
from neuroport_spinnaker.plan.preview import Preview, preview

__all__ = ["SpinnakerPlanning"]


class SpinnakerPlanning:
    """Plans, previews and mends one network; see :class:`neuroport.backend.prepared.Planning`.

    Parameters
    ----------
    prepared : Prepared
    backend : WithOptions
        That it was prepared for.
    """

    def __init__(self, prepared: Prepared, backend: WithOptions) -> None:
        self.prepared, self.backend = prepared, backend
        self.placed: Placed = prepared.lowered

    def predict(self) -> Prediction:
        """Return the expected size without the mapping; needs no sPyNNaker."""
        return predict(self.placed.case)

    def plan(self, duration: float = 1000.0) -> Plan:
        """Map with sPyNNaker onto a virtual machine."""
        return plan(self.prepared, duration, read_weights=False)

    def preview(self, ask: bool = True) -> Preview:
        """Return effective weights: asked from sPyNNaker, or by formula."""
        held = None
        if ask:
            held = plan(self.prepared, self.prepared.written.timestep).weights
        return preview(self.prepared.written, self.placed, held)

    def draw(self, told: Told, path: Path) -> Path:
        """Draw what lies on which core, or weights as asked and as held."""
        if isinstance(told, Plan):
            return board_picture(told, path)
        if isinstance(told, Preview):
            return weights_picture(told, path)
        raise UnsupportedError(
            Problem("a prediction has no places to draw", fix="plan without --quick")
        )

    def fix(self, rescale: Sequence[str] = ()) -> Fixed:
        """Apply the safe ways out; see :func:`neuroport_spinnaker.plan.fix.fix`."""
        return fix(self.prepared, self.backend, rescale)
