"""Pytest fixtures: ``pytest_plugins = ["neuroport_spinnaker.board.pytest_plugin"]``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neuroport_spinnaker.board.emulator import Board


@pytest.fixture
def spinnaker_board() -> Iterator[Board]:
    """A 4-chip emulated board for one test."""
    with Board(chips=4) as board:
        yield board


@pytest.fixture
def large_spinnaker_board() -> Iterator[Board]:
    """A 48-chip emulated board for one test."""
    with Board(chips=48) as board:
        yield board
