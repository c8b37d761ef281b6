"""What the backends declare: well-formed, complete, and true of the code behind it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from neuroport.backend import backend_class, backend_names
from neuroport.backend.capabilities import LACKS, Capabilities
from neuroport.backend.capabilities_file import read_capabilities
from neuroport.errors import FileFormatError
from neuroport.findings import KINDS
from neuroport.network.cells import CELLS

BACKENDS = [n for n in backend_names()
            if n != "nest" or find_spec("nest") is not None]


def declared(name: str) -> Capabilities:
    return backend_class(name).capabilities


def cells_of(name: str) -> set[str]:
    return {n for n in declared(name).cells if CELLS[n][0] != "source"}


@pytest.mark.parametrize("name", BACKENDS)
def test_codes_are_registered_and_reasons_are_given_with_them(name: str) -> None:
    for lack, refusal in declared(name).refusals.items():
        assert lack in LACKS
        assert not refusal.code or refusal.code in KINDS
        assert refusal.why or refusal.fixes


@pytest.mark.parametrize("name", BACKENDS)
def test_what_is_fixed_is_not_offered_to_be_set(name: str) -> None:
    for cell in declared(name).cells.values():
        assert not set(cell.states) & set(cell.fixed_states)
        assert set(cell.without_last_sample) <= set(cell.recordables)


def test_the_emulated_board_has_what_the_machine_has() -> None:
    from dataclasses import replace

    machine, emulated = declared("spinnaker"), declared("spinnaker-emulated")
    assert (machine.kind, emulated.kind) == ("hardware", "emulated")
    assert replace(emulated, kind="hardware", deterministic=machine.deterministic) == machine


def test_every_cell_of_spinnaker_has_a_name_in_spynnaker_and_every_rule_a_binary() -> None:
    from neuroport_spinnaker.chip.limits import CELLS as THEIRS
    from neuroport_spinnaker.chip.limits import RECORDABLE
    from neuroport_spinnaker.chip.static_memory import STATIC, split_binaries

    has = declared("spinnaker")
    assert set(has.cells) == set(THEIRS)
    assert {v for c in has.cells.values() for v in c.recordables} <= set(RECORDABLE)
    for cell in cells_of("spinnaker"):
        for timing, rule in has.stdp.items():
            for weight in rule.weights:
                assert set(split_binaries(cell, (timing, weight))) <= set(STATIC)


@pytest.mark.skipif("nest" not in BACKENDS, reason="NEST is not installed")
def test_every_cell_of_nest_has_a_model_with_its_variables() -> None:
    from neuroport_nest.lower.cells import CELLS as THEIRS

    assert cells_of("nest") == set(THEIRS)
    for name, model in THEIRS.items():
        assert set(declared("nest").cells[name].recordables) <= {"spikes", *model.states}


def test_brian2_has_all_cells_and_everything_that_a_script_can_ask() -> None:
    has = declared("brian2")
    assert set(has.cells) == set(CELLS)
    assert has.cells_by_equations is not None
    assert has.synapses_by_equations is not None
    assert not has.numerics


WRONG = """
kind = "simulated"
deterministic = 1
currents = ["DCSource", "BlueSource"]
colour = "red"
[cells.IF_cur_exp]
[cells.IF_cond_exp]
recordables = ["spikes", "isyn_exc"]
states = "v"
[synapses.Static]
[stdp.pair]
weights = ["addictive"]
[numerics]
input_rul = "exact"
decay_bits = 99
[delays]
shortest = "1"
[refusals.cel]
[nearest]
HH_cond_exp = "IF_cond_expo"
"""


def test_all_mistakes_in_a_file_are_told_at_once_with_the_nearest_name() -> None:
    with pytest.raises(FileFormatError) as caught:
        read_capabilities(WRONG, "mine/capabilities.toml")
    told = str(caught.value)
    for word in ("kind", "deterministic", "BlueSource", "colour", "IF_cur_exp", "isyn_exc",
                 "states", "Static", "addictive", "input_rul", "decay_bits", "shortest", "cel",
                 "IF_cond_expo", "mine/capabilities.toml"):
        assert word in told, word
    for hint in ("IF_curr_exp", "StaticSynapse", "additive", "input_rule", "cell"):
        assert f"did you mean '{hint}'?" in told


def test_a_text_that_is_no_toml_is_refused_by_its_place() -> None:
    with pytest.raises(FileFormatError, match=r"not a TOML file"):
        read_capabilities("kind = ", "mine/capabilities.toml")


def test_left_out_entries_are_pynns() -> None:
    has = read_capabilities('kind = "simulation"\n[cells.IF_curr_exp]\n', "here")
    cell = has.cells["IF_curr_exp"]
    assert cell.recordables == CELLS["IF_curr_exp"][2]
    assert cell.states == ("v", "isyn_exc", "isyn_inh")
    assert has.between_runs.recordings
    assert has.delays.shortest == 1
