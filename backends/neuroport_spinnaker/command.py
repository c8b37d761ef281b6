"""Commands of the SpiNNaker backend: ``plan``, ``preview`` and ``check``, as plain functions.

Each takes a network, so that whatever finds the model (a name, a script) is someone else's.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from neuroport.findings import Finding
from neuroport.network.description import Network
from neuroport.target import load_target
from neuroport_spinnaker.checks import Case
from neuroport_spinnaker.checks import check as _check
from neuroport_spinnaker.fix import Fixed
from neuroport_spinnaker.fix import fix as _fix
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.plan import Plan
from neuroport_spinnaker.plan import plan as _plan
from neuroport_spinnaker.predict import Prediction
from neuroport_spinnaker.predict import predict as _predict
from neuroport_spinnaker.preview import Preview
from neuroport_spinnaker.preview import preview as _preview

__all__ = ["check", "fix", "plan", "predict", "preview", "write_json"]


def _options(options: Options | None, target: str) -> Options:
    return replace(options or Options(), target=target)


def check(
    network: Network, target: str = "spinn5", options: Options | None = None
) -> list[Finding]:
    """Return all findings about a network on a target; needs no sPyNNaker."""
    return _check(Case(network, load_target(target), _options(options, target)))


def fix(
    network: Network, target: str = "spinn5", options: Options | None = None,
    rescale: tuple[str, ...] = (),
) -> Fixed:
    """Apply the safe ways out; see :func:`neuroport_spinnaker.fix.fix`."""
    return _fix(network, load_target(target), _options(options, target), rescale)


def predict(
    network: Network, target: str = "spinn5", options: Options | None = None
) -> Prediction:
    """Return the expected size without the mapping; seconds for 100 000 cells."""
    return _predict(network, load_target(target), _options(options, target))


def plan(
    network: Network,
    target: str = "spinn5",
    options: Options | None = None,
    duration: float = 1000.0,
    json_file: str | os.PathLike[str] | None = None,
    picture: str | os.PathLike[str] | None = None,
) -> Plan:
    """Map with sPyNNaker onto a virtual machine; write JSON and a picture where asked for."""
    made = _plan(network, load_target(target), _options(options, target), duration,
                 read_weights=False)
    if json_file is not None:
        write_json(json_file, made.as_dict())
    if picture is not None:
        from neuroport_spinnaker.picture import board_picture

        board_picture(made, Path(picture))
    return made


def preview(
    network: Network,
    target: str = "spinn5",
    options: Options | None = None,
    ask: bool = True,
    json_file: str | os.PathLike[str] | None = None,
    picture: str | os.PathLike[str] | None = None,
) -> Preview:
    """Return effective weights: asked from sPyNNaker, or by formula where `ask` is False."""
    chosen = _options(options, target)
    machine = load_target(target)
    held = _plan(network, machine, chosen, 1.0 * network.timestep).weights if ask else None
    made = _preview(network, machine, chosen, held)
    if json_file is not None:
        write_json(json_file, made.as_dict())
    if picture is not None:
        from neuroport_spinnaker.picture import weights_picture

        weights_picture(made, Path(picture))
    return made


def write_json(path: str | os.PathLike[str], data: dict[str, Any]) -> None:
    """Write plain data to a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
