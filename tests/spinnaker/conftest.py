"""Simulators on the SpiNNaker backend, and reasons to skip what needs more than neuroport."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any

import pytest

import neuroport


@pytest.fixture
def spinnaker() -> Callable[..., Any]:
    """Return ``spinnaker(**options) -> simulator``; nothing in it runs before ``run``."""

    def build(**options: Any) -> Any:
        return neuroport.simulator("spinnaker", **{"timestep": 1.0, "seed": 7, **options})

    return build


@pytest.fixture
def toolchain() -> None:
    """Skip where sPyNNaker is not installed."""
    if not os.environ.get("NEUROPORT_SPINNAKER_PYTHON") and (
        importlib.util.find_spec("spynnaker") is None
    ):
        pytest.skip("sPyNNaker is not installed: pip install 'neuroport[spinnaker]'")


@pytest.fixture
def board(toolchain: None) -> None:
    """Skip where the emulated board is not there or not built."""
    try:
        import neuroport_spinnaker.board  # noqa: F401
    except ImportError as error:
        pytest.skip(f"the emulated board cannot be used: {error}")
