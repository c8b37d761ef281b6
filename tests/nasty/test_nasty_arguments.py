"""Nasty arguments are answered by a run or by a named error at the user's line, from fixed seeds.

``PYTHONPATH=tests python -m nasty --cases 100000 --seed 3`` is the same for longer.
"""

from __future__ import annotations

import pytest

from nasty.harness import Case, Deck, places, run
from nasty.scripts import SCRIPTS
from nasty.values import NASTY


@pytest.fixture(scope="module")
def deck() -> Deck:
    return Deck(seed=20)


def faults(deck: Deck, first: int, number: int) -> list[str]:
    outcomes = (run(deck.case(k)) for k in range(first, first + number))
    return [f"{o.case}: {o.fault} {o.detail}" for o in outcomes if o.fault]


def test_a_sample_of_nasty_arguments(deck: Deck) -> None:
    assert faults(deck, 0, 500) == []


@pytest.mark.slow
def test_many_nasty_arguments(deck: Deck) -> None:
    assert faults(deck, 500, 6000) == []


def test_the_harness_sees_what_it_is_there_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bare errors, hanging calls, silent acceptance and refusals of what is right are faults."""
    from nasty import harness
    from nasty.kinds import anything, never, number

    monkeypatch.setattr(harness, "LONGEST", 0.2)
    scripts = {
        "bare": lambda sim, a: a("x", 1, anything) + 1,
        "hangs": lambda sim, a: [None for _ in iter(int, a("x", 0, anything) and 1)],
        "accepts": lambda sim, a: a("x", 1, never),
        "refuses": lambda sim, a: sim.run(-a("x", 1.0, number())),
    }
    for name, script in scripts.items():
        monkeypatch.setitem(SCRIPTS, name, script)
    assert "bare TypeError" in run(Case("bare", {"x": "object"})).fault
    assert run(Case("hangs", {"x": "1"})).fault == "hung"
    assert run(Case("accepts", {"x": "True"})).fault == "accepted x"
    # Its line is none of the scripts' here, which is a fault, too.
    assert "user's line" in run(Case("refuses", {"x": "1"})).fault


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_run_with_good_values(script: str) -> None:
    found = places(script)
    assert found
    assert len(set(found)) == len(found)  # each place can be named


def test_there_are_many_values() -> None:
    assert len(NASTY) > 150
