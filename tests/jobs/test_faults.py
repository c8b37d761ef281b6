"""A few hundred faults; ``python tests/jobs/fault_injection.py --faults 10000`` injects more."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from fault_injection import Life, case, inject

SEED = 1


@pytest.mark.slow
def test_no_result_is_lost_and_none_doubled() -> None:
    memory = Path("/dev/shm")  # nothing here is about the speed of a disk
    said: list[str] = []
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as place:
        done, wrong = inject(300, SEED, Path(place), said.append)
    assert done >= 300
    assert wrong == 0, "\n".join(said)


def test_the_cases_reach_every_kind_of_fault() -> None:
    lives = [life for number in range(200) for life in case(number).lives]
    for name, nothing in vars(Life()).items():
        assert any(getattr(life, name) != nothing for life in lives), name
