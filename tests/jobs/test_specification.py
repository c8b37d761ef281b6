"""A run as data: hashable, JSON there and back, backends as a user writes them."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuroport.errors import InvalidValueError
from neuroport.jobs.backend_choice import backend_choices
from neuroport.jobs.options import split_options
from neuroport.jobs.specification import RunSpec, option_words

WORDS = st.text(st.characters(codec="ascii", exclude_characters="@:=,"), min_size=1, max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | WORDS
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
SPECS = st.builds(
    RunSpec, WORDS, st.none() | WORDS, st.lists(WORDS, max_size=3), st.none() | WORDS,
    st.dictionaries(WORDS, PLAIN, max_size=3), st.none() | WORDS, st.none() | st.integers(0, 99),
    st.none() | st.floats(0.1, 10), st.none() | st.floats(1, 100), st.integers(0, 9),
    st.booleans(),
)


@given(SPECS)
def test_a_specification_comes_back_from_json(spec: RunSpec) -> None:
    again = RunSpec.from_dict(json.loads(json.dumps(spec.as_dict())))
    assert again == spec
    assert hash(again) == hash(spec)
    assert again.hash == spec.hash


@given(SPECS)
def test_every_field_is_in_the_hash(spec: RunSpec) -> None:
    other = {"model": "x" + spec.model, "arguments": [*spec.arguments, "more"],
             "options": {**spec.options, "one more": 1}, "traces": spec.traces + 1,
             "check_only": not spec.check_only}
    for name in (f.name for f in fields(spec)):
        changed = spec.replace(**{name: other.get(name, f"not {getattr(spec, name)}")})
        assert changed.hash != spec.hash, name


def test_options_cannot_be_changed_and_must_be_plain() -> None:
    spec = RunSpec("m", options={"machine": "here", "neurons_per_core": {"exc": 250}})
    with pytest.raises(TypeError):
        spec.options["machine"] = "there"  # type: ignore[index]
    with pytest.raises(InvalidValueError, match="not plain data"):
        RunSpec("m", options={"machine": object()})


OPTIONS = {"machine": str, "pace": float, "threads": int, "verbose": bool, "per_core": object}


@given(st.fixed_dictionaries({}, optional={
    "machine": st.from_regex(r"[a-z]{1,5}(:[0-9]{1,4})?", fullmatch=True),
    "pace": st.integers(0, 99), "threads": st.integers(0, 99), "verbose": st.booleans(),
    "per_core": st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True),
                                st.integers(1, 99), min_size=1, max_size=3)}))
def test_options_come_back_from_the_command_that_gives_them(options: dict[str, object]) -> None:
    found, rest = split_options(option_words(options), OPTIONS)
    assert found == options
    assert rest == []


def test_backends_with_options() -> None:
    one, two, three = backend_choices(
        "brian2:pynn+input_rule=step,spinnaker:spinnaker:machine=a:17893:neurons_per_core=x=2,y=3,"
        "spinnaker:spalloc=https://host:80/some/where", options={"silence_timeout": 5.0})
    assert (one.backend, one.numerics, dict(one.options)) == (
        "brian2", "pynn+input_rule=step", {})
    assert (two.backend, two.numerics) == ("spinnaker", "spinnaker")
    assert two.options == {"machine": "a:17893", "neurons_per_core": {"x": 2, "y": 3},
                           "silence_timeout": 5.0}
    assert three.options == {"spalloc": "https://host:80/some/where", "silence_timeout": 5.0}
    assert three.name == "spinnaker:spalloc=https://host:80/some/where"
    assert len({c.name for c in backend_choices(
        "spinnaker:machine=a,spinnaker:machine=b,spinnaker:machine=a")}) == 3


def test_own_options_go_before_those_for_all() -> None:
    chosen = backend_choices("spinnaker:machine=mine,spinnaker", options={"machine": "all"})
    assert [c.options["machine"] for c in chosen] == ["mine", "all"]


def test_mistakes_in_options_are_named_together() -> None:
    with pytest.raises(InvalidValueError) as caught:
        backend_choices("spinnaker:machin=a,brain2", options={"spaloc": "b"})
    text = str(caught.value)
    for hint in ("did you mean 'machine'?", "did you mean 'brian2'?", "did you mean 'spalloc'?"):
        assert hint in text
