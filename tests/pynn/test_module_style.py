"""PyNN's module style: names that a script takes, when it takes them, and what they show."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from pyNN import common

import neuroport
import neuroport.pynn as sim
from neuroport import errors
from neuroport.pynn.unsupported import UNSUPPORTED

STANDARD = import_module("pyNN.mock")  # PyNN's own simulator without an engine


@pytest.fixture(autouse=True)
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NEUROPORT_BACKEND", "brian2")
    release = import_module("neuroport.pynn.module_style")._release
    release()
    yield
    release()


def star() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec("from neuroport.pynn import *", names)
    return names


SCRIPT = """
setup(timestep=0.1)
p = Population(2, IF_curr_exp(i_offset=1.0))
p.record("spikes")
assert isinstance(p, Population) and isinstance(p[:1], PopulationView)
synapse = StaticSynapse(weight=0.1, delay=1.0)
assert isinstance(synapse, StaticSynapse) and not isinstance(synapse, STDPMechanism)
made = Projection(p, p, AllToAllConnector(), synapse)
assert isinstance(made, Projection) and issubclass(type(made), Projection)
run(100.0)
counts = list(p.get_spike_counts().values())
assert (get_current_time(), get_min_delay()) == (100.0, 1.0)
end()
"""


def test_a_script_that_imports_everything_runs_twice() -> None:
    """As PyNN's own tutorials do; what was imported belongs to each new simulator."""
    names = star()
    for _ in range(2):
        exec(SCRIPT, names)
        assert names["counts"][0] == names["counts"][1] > 1


def test_everything_of_pynn_that_there_is_comes_with_the_star() -> None:
    there, engine = star(), neuroport.simulator("brian2")
    for name in ("Population", "Projection", "IF_cond_exp", "AllToAllConnector", "NumpyRNG",
                 "StaticSynapse", "DCSource", "setup", "run", "reset", "end", "create", "connect",
                 "record", "initialize", "num_processes", "list_standard_models", "Space"):
        assert name in there, name
        assert name == "setup" or hasattr(engine, name)


def test_names_need_no_setup_but_acting_does() -> None:
    for act in (lambda: sim.run(1.0), lambda: sim.Population(1, sim.IF_curr_exp()),
                lambda: sim.StaticSynapse(), lambda: sim.end()):
        with pytest.raises(errors.NotReadyError, match="setup"):
            act()


@pytest.mark.parametrize("ready", [False, True])
def test_what_is_not_there_is_a_missing_attribute(ready: bool) -> None:
    if ready:
        sim.setup(timestep=1.0)
    for holder in (sim, neuroport.simulator("brian2")):
        assert hasattr(holder, "Population")
        for name in [*UNSUPPORTED, "run_forever"]:
            assert not hasattr(holder, name)
            assert getattr(holder, name, None) is None
        with pytest.raises(errors.UnsupportedError, match="nearest is IF_cond_exp"):
            _ = holder.IF_facets_hardware1
        with pytest.raises(AttributeError, match="did you mean 'IF_curr_exp'"):
            _ = holder.IF_cur_exp


def test_a_class_can_be_derived() -> None:
    sim.setup(timestep=1.0)

    class Layer(sim.Population):  # type: ignore[misc, name-defined]
        def twice(self) -> int:
            return 2 * int(self.size)

    layer = Layer(3, sim.IF_curr_exp())
    assert layer.twice() == 6
    assert isinstance(layer, Layer)
    assert isinstance(layer, sim.Population)
    assert sim.StaticSynapse.default_parameters["weight"] == 0.0


@pytest.mark.parametrize("name", ["run", "run_until", "run_for", "reset", "initialize",
                                  "create", "connect", "record", "get_current_time",
                                  "get_time_step", "get_min_delay", "get_max_delay",
                                  "num_processes", "rank"])
def test_functions_show_what_pynns_show(name: str) -> None:
    like = getattr(STANDARD, name)
    for holder in (sim, neuroport.simulator("brian2")):
        assert inspect.signature(getattr(holder, name)) == inspect.signature(like)
        assert getattr(holder, name).__doc__ == like.__doc__


@pytest.mark.parametrize("name", ["Population", "PopulationView", "Assembly", "Projection"])
def test_classes_show_what_pynns_show(name: str) -> None:
    like = getattr(common, name)
    for holder in (sim, neuroport.simulator("brian2")):
        assert str(inspect.signature(getattr(holder, name))) == str(inspect.signature(like))
        assert getattr(holder, name).__doc__ == like.__doc__
        assert inspect.isclass(getattr(holder, name))
