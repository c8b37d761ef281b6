"""The command line answers nasty words by an exit code and a reason, never by a call stack."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nasty.words import WORDS, answer, make_files, places, written

# Those that run or map something take seconds each.
QUICK = ("check", "models", "backends", "numerics", "explain", "doctor")


def faults(folder: Path, quick: bool, seed: int, number: int) -> list[str]:
    """Return what is wrong with the answers to some cases, one a place before a second one."""
    make_files(folder)
    every = [(place, command) for place, command in places(str(folder / "script.py"), folder)
             if (place.split()[0] in QUICK) == quick]
    rng = random.Random(seed)
    drawn = [(*every[k % len(every)], rng.choice(WORDS)) for k in range(number)]
    found = ((place, word, answer(command(written(word, folder))))
             for place, command, word in drawn)
    return [f"{place} {word!r}: {wrong}" for place, word, wrong in found if wrong]


def test_words_for_commands_that_only_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert faults(tmp_path, True, 1, 40) == []


@pytest.mark.slow
def test_words_for_commands_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert faults(tmp_path, False, 2, 30) == []
