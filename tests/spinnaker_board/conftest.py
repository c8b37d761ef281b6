"""Boards and child processes for the tests; everything stays on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from client_prologue import PROLOGUE

PYTHON = os.environ.get("NEUROPORT_SPYNNAKER_PYTHON", sys.executable)
TIMEOUT = 300

Run = Callable[..., dict[str, Any]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than 10 seconds")


@pytest.fixture(scope="session")
def spynnaker_python() -> str:
    """Interpreter with sPyNNaker 1!7.4.1; tests that need it skip without."""
    code = "import importlib.metadata as m; print(m.version('sPyNNaker'))"
    found = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    if found.stdout.strip() != "1!7.4.1":
        pytest.skip(
            "sPyNNaker 1!7.4.1 is not installed here: install it, or name an interpreter that "
            "has it in NEUROPORT_SPYNNAKER_PYTHON"
        )
    return PYTHON


@pytest.fixture
def run_network(spynnaker_python: str, tmp_path: Path) -> Run:
    """Run a PyNN script text on a board and return what it answered."""
    board_module = pytest.importorskip(
        "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
    )

    def run(
        body: str,
        *,
        chips: int = 4,
        monitors: bool = False,
        extra: Sequence[str] = (),
        **options: Any,
    ) -> dict[str, Any]:
        script = tmp_path / "network.py"
        script.write_text(PROLOGUE + body, encoding="utf-8")
        with board_module.Board(chips, **options) as board:
            done = board_module.run_script(
                board,
                script,
                python=spynnaker_python,
                monitors=monitors,
                extra=extra,
                timeout=TIMEOUT,
            )
            report = board.report()
        lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
        if not lines:
            pytest.fail(f"no answer: {done.stdout[-3000:]} {done.stderr[-3000:]}")
        values: dict[str, Any] = json.loads(lines[-1].removeprefix("ANSWER "))
        values["report"] = report
        values["returncode"] = done.returncode
        return values

    return run
