"""What ``neuroport check --target``, ``plan`` and ``preview`` use for SpiNNaker machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from neuroport.errors import FileFormatError, Problem
from neuroport.findings import Finding
from neuroport.machines import Target
from neuroport.network.description import Network
from neuroport_spinnaker.checks import Case, check
from neuroport_spinnaker.chip.limits import VERSIONS
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.plan.fix import Fixed, fix
from neuroport_spinnaker.plan.plan import Plan, plan
from neuroport_spinnaker.plan.predict import Prediction, predict
from neuroport_spinnaker.plan.preview import Preview, preview

__all__ = ["SpinnakerPlanner"]


def known_version(target: Target) -> None:
    """Refuse a target whose board sPyNNaker 7.4 does not know.

    Raises
    ------
    FileFormatError
    """
    if target.geometry.version not in VERSIONS:
        raise FileFormatError(
            Problem("[geometry] has a 'version' that sPyNNaker does not know",
                    f"{target.geometry.version}", ", ".join(map(str, VERSIONS))),
            where=f"target '{target.name}'",
        )


class SpinnakerPlanner:
    """Judges and plans networks for a SpiNNaker machine; see ``neuroport.machines.planner``.

    Parameters
    ----------
    target : Target
    poisson, connectors, neurons_per_core, weight_loss, allow, start_timeout, silence_timeout, \
configuration
        See :class:`neuroport_spinnaker.options.Options`.
    """

    def __init__(
        self,
        target: Target,
        poisson: Literal["realised", "machine"] = "realised",
        connectors: Literal["realised", "machine"] = "realised",
        neurons_per_core: Mapping[str, int] | int | None = None,
        weight_loss: float = 0.05,
        allow: Sequence[str] | str = (),
        start_timeout: float = 120.0,
        silence_timeout: float = 600.0,
        configuration: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        known_version(target)
        self.target = target
        self.options = Options(
            target=target.name, poisson=poisson, connectors=connectors,
            neurons_per_core={} if neurons_per_core is None else neurons_per_core,
            weight_loss=weight_loss, allow=allow, start_timeout=start_timeout,
            silence_timeout=silence_timeout,
            configuration={} if configuration is None else configuration,
        )

    def check(self, network: Network) -> list[Finding]:
        """Return all findings; needs no sPyNNaker."""
        return check(Case(network, self.target, self.options))

    def fix(self, network: Network, rescale: tuple[str, ...] = ()) -> Fixed:
        """Apply the safe ways out; see :func:`neuroport_spinnaker.plan.fix.fix`."""
        return fix(network, self.target, self.options, rescale)

    def predict(self, network: Network) -> Prediction:
        """Return the expected size without the mapping; needs no sPyNNaker."""
        return predict(network, self.target, self.options)

    def plan(self, network: Network, duration: float = 1000.0) -> Plan:
        """Map with sPyNNaker onto a virtual machine."""
        return plan(network, self.target, self.options, duration, read_weights=False)

    def preview(self, network: Network, ask: bool = True) -> Preview:
        """Return effective weights: asked from sPyNNaker, or by formula."""
        held = None
        if ask:
            held = plan(network, self.target, self.options, network.timestep).weights
        return preview(network, self.target, self.options, held)
