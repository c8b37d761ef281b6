"""The command in a process of its own: Ctrl-C, a full disk, the second start."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from neuroport.results import load_results

from . import scripts

COMMAND = [sys.executable, "-m", "neuroport"]


def test_ctrl_c_keeps_what_was_recorded(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(scripts.LONG)
    process = subprocess.Popen(
        [*COMMAND, "run", "long.py", "--output", "out", "--no-plots"], cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "under way"
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "interrupted at" in error
    assert "what was recorded is saved in out" in out
    assert "Traceback" not in error
    stored = load_results(tmp_path / "out")
    assert stored.information["status"] == "interrupted"
    assert stored.information["interrupted"] is True
    assert stored.n_spikes > 0


def test_a_full_disk_is_an_error_with_a_name_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(scripts.PLAIN)
    done = subprocess.run(
        [*COMMAND, "run", "plain.py", "--output", "out", "--no-plots"], cwd=tmp_path,
        capture_output=True, text=True, timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2, done.stderr
    assert "OutputError" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plain.py"]


def test_a_script_that_ends_itself_is_reported(tmp_path: Path) -> None:
    (tmp_path / "leave.py").write_text("import sys\nsys.exit(3)\n")
    done = subprocess.run(
        [*COMMAND, "run", "leave.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "exit code 3" in done.stderr
    assert "leave.py:2" in done.stderr


def test_a_warm_start_of_the_main_job_takes_seconds(tmp_path: Path) -> None:
    began = time.perf_counter()
    done = subprocess.run(
        [*COMMAND, "run", "ca3-memory", "-o", "out"], cwd=tmp_path, capture_output=True, text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "raster.png").exists()
    assert time.perf_counter() - began < 30.0  # 4 s on an idle laptop; a compiler takes a minute
