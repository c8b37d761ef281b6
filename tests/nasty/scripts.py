"""Short scripts over all of PyNN's names; each argument can be replaced by a nasty one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pyNN.core import IndexBasedExpression

import neuroport
import neuroport.pynn as module_style
from nasty.kinds import (
    anything,
    cell_values,
    choice,
    never,
    number,
    or_none,
    synapse_values,
    whole,
)
from neuroport.pynn.cells import CELL_TYPES

LIST = Path(__file__).with_name("list.txt")
_FOLDER = tempfile.TemporaryDirectory(prefix="nasty-")
OUT = Path(_FOLDER.name)
A = Callable[..., Any]
"""``a(place, good, kind)`` returns `good`, or what stands in its place in this case."""

SCRIPTS: dict[str, Callable[[Any, A], Any]] = {}
POSITIVE = number(0, open_low=True)
ANY = number()
FROM_0 = number(0)
DELAY = or_none(synapse_values(number(1, 1e6)))


def script(function: Callable[[Any, A], Any]) -> Callable[[Any, A], Any]:
    SCRIPTS[function.__name__] = function
    return function


def _cells(sim: Any, n: int = 4) -> Any:
    return sim.Population(n, sim.IF_curr_exp())


_POSITIVE = ("tau_m", "tau_syn_E", "tau_syn_I", "cm", "tau_w", "tau_syn", "alpha", "beta")


def _kind_of(name: str) -> Any:
    if name in ("spike_times", "tau_eta", "a_eta", "tau_gamma", "a_gamma"):
        return anything  # lists
    if name in _POSITIVE:
        return cell_values(POSITIVE)
    if name in ("tau_refrac", "rate"):
        return cell_values(FROM_0)
    if name == "duration":
        return cell_values(number(0, infinite=True))
    if name in ("delta_T", "delta", "gamma"):
        return anything
    return cell_values(ANY)


def _cell(name: str) -> Callable[[Any, A], None]:
    def cell(sim: Any, a: A) -> None:
        kind = getattr(sim, name)
        model = kind(**{
            p: a(p, v, _kind_of(p)) for p, v in kind.default_parameters.items()})
        population = sim.Population(4, model, initial_values={
            v: a(f"initial {v}", 0.1, cell_values(ANY)) for v in model.default_initial_values})
        for p, v in kind.default_parameters.items():
            population.set(**{p: a(f"set {p}", v, _kind_of(p))})
        for v in model.default_initial_values:
            population.initialize(**{v: a(f"initialize {v}", 0.1, cell_values(ANY))})

    return cell


for _name in CELL_TYPES:
    SCRIPTS[f"cells {_name}"] = _cell(_name)


@script
def population(sim: Any, a: A) -> None:
    p = sim.Population(
        a("size", 4, whole(1, 10_000)), a("cellclass", sim.IF_curr_exp(), never),
        structure=a("structure", None, anything),
        initial_values=a("initial_values", {"v": -65.0}, anything),
        label=a("label", "cells", anything))
    sim.Population(a("grid", (2, 2), anything), sim.IF_curr_exp,
                   a("cellparams", {"tau_m": 10.0}, anything))
    sim.create(a("create cellclass", sim.IF_curr_exp, anything),
               a("create cellparams", {"tau_m": 10.0}, anything), n=a("n", 2, whole(1, 10_000)))
    p.label = a("label =", "other", anything)
    p.positions = a("positions =", np.zeros((3, p.size)), anything)
    p.structure = a("structure =", sim.Line(), anything)
    p.positions  # noqa: B018
    p.annotate(**{"x": a("annotation", 1, anything)})
    p.describe(a("template", None, anything), a("template engine", "default", anything))
    p.nearest(a("nearest", (0.0, 0.0, 0.0), anything))
    p.can_record(a("can_record", "v", anything))
    p.id_to_index(a("id_to_index", p[0], anything))
    p.is_local(a("is_local", p[0], anything))


@script
def indexing(sim: Any, a: A) -> None:
    p = _cells(sim)
    p[a("[]", 1, anything)]
    view = p[a("[a:b]", slice(0, 3), anything)]
    view = sim.PopulationView(p, a("selector", [0, 1, 2], anything), a("view label", "v", anything))
    view[a("view[]", [0, 1], anything)]
    view.id_to_index(a("view id", p[0], anything))
    view.index_in_grandparent(a("index in grandparent", 0, anything))
    view.initialize(v=a("view v", -65.0, cell_values(ANY, 3)))
    view.set(tau_m=a("view tau_m", 10.0, cell_values(POSITIVE, 3)))
    p.sample(a("sample", 2, whole(1, 4)), a("sample rng", None, anything))
    both = sim.Assembly(p, a("assembly part", _cells(sim), never), label=a("alabel", "x", anything))
    both[a("assembly[]", 5, anything)]
    both[a("assembly[a:b]", slice(0, 6), anything)]
    both + a("assembly +", _cells(sim), never)
    p + a("population +", _cells(sim), never)
    both.set(tau_m=a("assembly tau_m", 10.0, anything))
    both.initialize(v=a("assembly v", -65.0, anything))
    both.sample(a("assembly sample", 2, whole(1, 8)))
    both.get_population(a("get_population", p.label, anything))
    both.id_to_index(a("assembly id", p[0], anything))
    cell = p[0]
    cell.tau_m = a("cell.tau_m", 10.0, cell_values(POSITIVE, 1))
    cell.position = a("cell.position", (0.0, 1.0, 2.0), anything)
    cell.set_initial_value(a("cell variable", "v", anything), a("cell value", -60.0, anything))
    cell.get_initial_value(a("cell initial", "v", anything))
    cell.set_parameters(tau_m=a("set_parameters", 10.0, anything))


@script
def get_and_set(sim: Any, a: A) -> None:
    p = _cells(sim)
    p.get(a("get", "tau_m", anything), gather=a("get gather", False, anything),
          simplify=a("simplify", True, anything))
    p.get(["tau_m", a("get list", "cm", anything)])
    p.tset(a("tset name", "tau_m", anything), a("tset", np.full(4, 9.0), anything))
    p.rset(a("rset name", "tau_m", anything),
           a("rset", sim.RandomDistribution("uniform", (5.0, 9.0)), anything))
    sim.set(a("set cells", p, never), tau_m=a("sim.set", 10.0, cell_values(POSITIVE)))
    sim.initialize(a("initialize cells", p, never), v=a("sim.initialize", 0.0, cell_values(ANY)))
    source = sim.Population(4, sim.SpikeSourceArray(
        spike_times=a("spike_times", [1.0, 2.0], anything)))
    source.set(spike_times=a("set spike_times", [[1.0], [2.0], [], [4.0]], anything))


@script
def recording(sim: Any, a: A) -> None:
    p = _cells(sim)
    p.record(a("record", "v", choice("v", "all")),
             sampling_interval=a("sampling_interval", 1.0, anything),
             to_file=a("to_file", None, anything))
    p[:2].record(["spikes", a("record list", "v", anything)])
    sim.record(a("sim.record", "spikes", choice("spikes", "v")), a("record source", p, never),
               None)
    sim.state.write_on_end.clear()
    sim.run(a("run", 2.0, number(0, 1e6)), callbacks=a("callbacks", None, anything))
    sim.run_until(a("run_until", 4.0, anything),
                  callbacks=a("until callbacks", [], anything))
    sim.run_for(a("run_for", 1.0, number(0, 1e6)))
    p.get_data(a("get_data", "all", choice("v", "all", "spikes")),
               gather=a("gather", True, anything),
               clear=a("clear", False, anything))
    p.get_data(["v", a("get_data list", "spikes", anything)])
    p.get_spike_counts(a("counts gather", True, anything))
    p.mean_spike_count(a("mean gather", True, anything))
    sim.reset(a("reset annotations", {}, anything))
    sim.run(1.0)
    p.write_data(a("write_data io", str(OUT / "x.pkl"), anything), a("write_data", "all", anything),
                 annotations=a("annotations", None, anything))
    p.save_positions(a("save_positions", str(OUT / "p.txt"), anything))
    sim.end(a("end", True, anything))


class _Index(IndexBasedExpression):  # type: ignore[misc]
    def __call__(self, i: Any, j: Any) -> Any:
        return np.where(np.abs(np.asarray(i) - np.asarray(j)) < 2, 0.5, 0.1)


_SELF = choice(True, False, "NoMutual")
_FIXED = ("FixedNumberPreConnector", "FixedNumberPostConnector", "FixedTotalNumberConnector")
CONNECTORS: dict[str, Callable[[Any, A, Any], Any]] = {
    "AllToAll": lambda sim, a, p: sim.AllToAllConnector(a("self", True, _SELF), **_common(a)),
    "OneToOne": lambda sim, a, p: sim.OneToOneConnector(**_common(a)),
    "FixedProbability": lambda sim, a, p: sim.FixedProbabilityConnector(
        a("p_connect", 0.5, number(0, 1)), a("self", True, _SELF), rng=a("rng", None, anything),
        **_common(a)),
    **{name: lambda sim, a, p, name=name: getattr(sim, name)(  # type: ignore[misc]
        a("n", 2, whole(0, 10_000)), with_replacement=a("replace", True, choice(True, False)),
        allow_self_connections=a("self", True, choice(True, False)), rng=a("rng", None, anything),
        **_common(a)) for name in _FIXED},
    "Distance": lambda sim, a, p: sim.DistanceDependentProbabilityConnector(
        a("d_expression", "exp(-d)", anything), a("self", True, _SELF),
        rng=a("rng", None, anything)),
    "Index": lambda sim, a, p: sim.IndexBasedProbabilityConnector(
        a("index_expression", _Index(), never)),
    "Displacement": lambda sim, a, p: sim.DisplacementDependentProbabilityConnector(
        a("disp_function", lambda d: 1.0 * (d[0] < 2), anything)),
    "FromList": lambda sim, a, p: sim.FromListConnector(
        a("conn_list", [(0, 1, 0.1, 1.0), (1, 2, 0.2, 2.0)], anything),
        column_names=a("column_names", ["weight", "delay"], anything), **_common(a)),
    "rows": lambda sim, a, p: sim.FromListConnector([
        (a("pre", 0, whole(0, 3)), a("post", 1, whole(0, 3)), a("weight", 0.1, number(0)),
         a("delay", 1.0, number(1, 1e6)))]),
    "FromFile": lambda sim, a, p: sim.FromFileConnector(
        a("file", str(LIST), never), distributed=a("distributed", False, anything)),
    "Array": lambda sim, a, p: sim.ArrayConnector(a("array", np.eye(4, dtype=bool), anything)),
    "SmallWorld": lambda sim, a, p: sim.SmallWorldConnector(
        a("degree", 1.5, POSITIVE), a("rewiring", 0.1, number(0, 1)),
        allow_self_connections=a("self", True, anything),
        n_connections=a("n_connections", None, anything)),
    "Clone": lambda sim, a, p: sim.CloneConnector(a("reference", sim.Projection(
        p, p, sim.OneToOneConnector(), sim.StaticSynapse(weight=0.1, delay=1.0)), never)),
}


def _common(a: A) -> dict[str, Any]:
    return {"safe": a("safe", True, choice(True, False)), "callback": a("callback", None, anything)}


def _connector(name: str) -> Callable[[Any, A], None]:
    def connector(sim: Any, a: A) -> None:
        p = _cells(sim)
        made = CONNECTORS[name](sim, a, p)
        sim.Projection(p, p, made, sim.StaticSynapse(weight=0.1, delay=1.0))

    return connector


for _name in CONNECTORS:
    SCRIPTS[f"connectors {_name}"] = _connector(_name)


@script
def synapses(sim: Any, a: A) -> None:
    p, q = _cells(sim), _cells(sim)
    weight = synapse_values(FROM_0)

    def join(synapse: Any) -> Any:
        return sim.Projection(p, q, sim.AllToAllConnector(), synapse)

    join(sim.StaticSynapse(weight=a("weight", 0.1, weight), delay=a("delay", 1.0, DELAY)))
    join(sim.TsodyksMarkramSynapse(
        weight=a("TM weight", 0.1, weight), delay=a("TM delay", 1.0, DELAY),
        U=a("U", 0.5, synapse_values(number(0, 1))),
        tau_rec=a("tau_rec", 100.0, synapse_values(FROM_0)),
        tau_facil=a("tau_facil", 10.0, synapse_values(FROM_0))))
    join(sim.STDPMechanism(a("timing_dependence", sim.SpikePairRule(), never),
                           a("weight_dependence", sim.AdditiveWeightDependence(), never),
                           a("voltage_dependence", None, anything)))


def _rule(timing: str, weights: str) -> Callable[[Any, A], None]:
    def rule(sim: Any, a: A) -> None:
        p, q = _cells(sim), _cells(sim)
        t, w = getattr(sim, timing), getattr(sim, weights)
        sim.Projection(p, q, sim.AllToAllConnector(), sim.STDPMechanism(
            timing_dependence=t(**{
                n: a(n, v, synapse_values(POSITIVE if "tau" in n else ANY))
                for n, v in t.default_parameters.items()}),
            weight_dependence=w(**{
                n: a(n, 1.0 if n == "w_max" else v,
                     anything if n[:2] == "w_" else synapse_values(ANY))
                for n, v in w.default_parameters.items()}),
            weight=a("weight", 0.1, synapse_values(FROM_0)),
            delay=a("delay", 1.0, DELAY),
            dendritic_delay_fraction=a("dendritic_delay_fraction", 1.0, number(0, 1))))

    return rule


for _timing, _weights in (("SpikePairRule", "AdditiveWeightDependence"),
                          ("SpikePairRule", "MultiplicativeWeightDependence"),
                          ("SpikePairRule", "AdditivePotentiationMultiplicativeDepression"),
                          ("SpikePairRule", "GutigWeightDependence"),
                          ("SpikeNearestPairRule", "AdditiveWeightDependence"),
                          ("Vogels2011Rule", "AdditiveWeightDependence")):
    SCRIPTS[f"synapses {_timing} {_weights}"] = _rule(_timing, _weights)


@script
def projections(sim: Any, a: A) -> None:
    p, q = _cells(sim), _cells(sim)
    made = sim.Projection(
        a("pre", p, never), a("post", q, never), a("connector", sim.AllToAllConnector(), never),
        a("synapse_type", sim.StaticSynapse(weight=0.1, delay=1.0), anything),
        source=a("source", None, anything),
        receptor_type=a("receptor_type", "excitatory", anything),
        space=a("space", sim.Space(), anything), label=a("projection label", "x", anything))
    sim.connect(a("connect pre", p, never), a("connect post", q, never),
                a("connect weight", 0.1, anything), a("connect delay", 1.0, anything),
                a("connect receptor", "excitatory", anything), a("p", 1.0, number(0, 1)),
                a("connect rng", None, anything))
    made.get(a("pget", "weight", anything), a("format", "list", choice("list", "array")),
             gather=a("pgather", True, anything), with_address=a("with_address", True, anything),
             multiple_synapses=a("multiple", "sum", anything))
    made.get(["weight", a("pget list", "delay", anything)], "list")
    made.set(weight=a("pset weight", 0.2, synapse_values(FROM_0)),
             delay=a("pset delay", 1.0, DELAY))
    made[a("projection[]", 0, anything)]
    made[0].weight = a("connection.weight", 0.3, number(0))
    made[0].as_tuple(a("as_tuple", "weight", anything))
    made.save(a("save names", "all", anything), a("save file", str(OUT / "w.txt"), anything),
              a("save format", "list", choice("list", "array")))
    made.describe(a("p template", None, anything))


@script
def currents(sim: Any, a: A) -> None:
    p = _cells(sim)
    end = number(infinite=True)
    sources = [
        sim.DCSource(amplitude=a("amplitude", 0.1, ANY), start=a("start", 1.0, ANY),
                     stop=a("stop", 5.0, end)),
        sim.ACSource(amplitude=a("AC amplitude", 0.1, ANY), offset=a("offset", 0.0, ANY),
                     frequency=a("frequency", 10.0, ANY), phase=a("phase", 0.0, ANY),
                     start=a("AC start", 0.0, ANY), stop=a("AC stop", 5.0, end)),
        sim.StepCurrentSource(times=a("times", [1.0, 2.0], anything),
                              amplitudes=a("amplitudes", [0.1, 0.2], anything)),
        sim.NoisyCurrentSource(mean=a("mean", 0.1, ANY), stdev=a("stdev", 0.1, FROM_0),
                               dt=a("noise dt", 1.0, anything), start=a("noise start", 0.0, ANY),
                               stop=a("noise stop", 5.0, end), rng=a("noise rng", None, anything)),
    ]
    for source in sources:
        p.inject(source)
    sources[0].inject_into(a("inject_into", [p[0]], anything))
    p.inject(a("inject", sources[0], never))
    p[0].inject(a("cell inject", sources[0], never))
    p[:2].inject(a("view inject", sources[0], never))
    sources[0].set_parameters(amplitude=a("set amplitude", 0.2, ANY))
    sources[2].set_parameters(times=a("set times", [1.0, 3.0], anything),
                              amplitudes=a("set amplitudes", [0.1, 0.2], anything))
    sources[0].amplitude = a("amplitude =", 0.3, ANY)
    sources[0].record()
    sim.run(2.0)
    sources[0].get_data()


@script
def space(sim: Any, a: A) -> None:
    for k, structure in enumerate((
        sim.Line(dx=a("Line dx", 1.0, ANY), x0=a("x0", 0.0, ANY), y=a("y", 0.0, ANY),
                 z=a("z", 0.0, ANY)),
        sim.Grid2D(aspect_ratio=a("aspect_ratio", 1.0, POSITIVE), dx=a("2D dx", 1.0, ANY),
                   dy=a("2D dy", 1.0, ANY), x0=a("2D x0", 0.0, ANY), z=a("2D z", 0.0, ANY),
                   fill_order=a("fill_order", "sequential", choice("sequential", "random")),
                   rng=a("2D rng", None, anything)),
        sim.Grid3D(a("XY", 1.0, anything), a("XZ", 1.0, anything), dx=a("3D dx", 1.0, ANY),
                   fill_order=a("3D fill_order", "sequential", choice("sequential", "random"))),
        sim.RandomStructure(
            a("boundary", sim.Cuboid(a("width", 1.0, FROM_0), a("height", 1.0, FROM_0),
                                     a("depth", 1.0, FROM_0)), never),
            origin=a("origin", (0.0, 0.0, 0.0), anything), rng=a("structure rng", None, anything)),
        sim.RandomStructure(sim.Sphere(a("radius", 1.0, FROM_0))),
    )):
        p = sim.Population(8 if k == 2 else 4, sim.IF_curr_exp(), structure=structure)
        p.positions  # noqa: B018
    where = sim.Space(axes=a("axes", "xy", choice("x", "y", "z", "xy", "yz", "xz", "xyz", None)),
                      scale_factor=a("scale_factor", 1.0, anything),
                      offset=a("offset", 0.0, anything),
                      periodic_boundaries=a("periodic", ((0.0, 4.0), None, None), anything))
    q = _cells(sim)
    sim.Projection(q, q, sim.DistanceDependentProbabilityConnector("d < 2"),
                   sim.StaticSynapse(weight="0.1*d", delay=1.0), space=where)
    sim.Projection(q, q, sim.AllToAllConnector(), sim.StaticSynapse(
        weight=a("distance weight", "0.1 + d", anything), delay="1.0 + d"), space=where)


@script
def randomness(sim: Any, a: A) -> None:
    rng = sim.NumpyRNG(seed=a("seed", 3, anything),
                       parallel_safe=a("parallel_safe", True, anything))
    rng.next(a("next n", 3, anything), a("next distribution", "uniform", anything),
             a("next parameters", {"low": 0.0, "high": 1.0}, anything))
    sim.random.RandomDistribution("uniform", (0.0, 1.0), rng=rng).next(2)
    sim.Sequence(a("Sequence", [1.0, 2.0], anything))
    sim.RandomDistribution(a("name", "uniform", anything), a("parameters", (0.0, 1.0), anything))
    sim.RandomDistribution("uniform", low=a("low", 0.0, anything), high=a("high", 1.0, anything))


def _distribution(name: str, parameters: tuple[float, ...]) -> Callable[[Any, A], None]:
    def distribution(sim: Any, a: A) -> None:
        d = sim.RandomDistribution(
            a("name", name, anything),
            tuple(a(f"{k}", v, anything) for k, v in enumerate(parameters)),
            rng=a("rng", None, anything))
        d.next(a("next", 3, anything))
        sim.Population(4, sim.IF_curr_exp(i_offset=d))

    return distribution


for _name, _parameters in {
    "uniform": (0.1, 1.0), "normal": (1.0, 0.1), "uniform_int": (1, 4), "gamma": (1.0, 1.0),
    "exponential": (1.0,), "lognormal": (0.0, 1.0), "binomial": (3, 0.5), "poisson": (2.0,),
    "normal_clipped": (1.0, 0.1, 0.1, 3.0), "vonmises": (0.0, 1.0),
    "normal_clipped_to_boundary": (1.0, 0.1, 0.1, 3.0),
}.items():
    SCRIPTS[f"randomness {_name}"] = _distribution(_name, _parameters)


@script
def equations(sim: Any, a: A) -> None:
    made = sim.cell_by_equations(
        a("cell name", "Own", anything),
        derivatives=a("derivatives", {"v": "(v_rest - v + I)/tau"}, never),
        threshold=a("threshold", "v > v_thresh", anything),
        reset=a("reset", "v = v_rest", anything),
        parameters=a("parameters", {
            "tau": a("tau", 10.0, ANY), "v_rest": -65.0, "v_thresh": -50.0}, anything),
        initial=a("initial", {"v": a("v", -65.0, ANY)}, anything),
        receptors=a("receptors", {"excitatory": "v"}, anything),
        definitions=a("definitions", {}, anything), refractory=a("refractory", "", anything),
        clamped=a("clamped", ("v",), anything), units=a("units", {}, anything))
    p = sim.Population(4, made())
    rule = sim.synapse_by_equations(
        a("rule name", "Rule", anything), parameters=a("rule parameters", {"tau": 10.0}, anything),
        decays=a("decays", {"trace": "tau"}, anything),
        on_presynaptic=a("on_presynaptic", "trace = 1", anything),
        on_postsynaptic=a("on_postsynaptic", "weight = weight + 0.1*trace", anything))
    sim.Projection(p, p, sim.AllToAllConnector(), rule(
        weight=a("rule weight", 0.1, synapse_values(FROM_0)),
        delay=a("rule delay", 1.0, DELAY),
        tau=a("rule tau", 5.0, anything)))
    composed = sim.PointNeuron(
        a("membrane", sim.LIF(tau_m=a("LIF tau_m", 10.0, cell_values(POSITIVE))), never),
        AMPA=a("AMPA", sim.CurrExpPostSynapticResponse(
            tau_syn=a("AMPA tau_syn", 2.0, cell_values(POSITIVE))), never))
    sim.Population(4, composed)


@script
def simulator(sim: Any, a: A) -> None:
    made = neuroport.simulator(
        a("backend", "brian2", choice("brian2", "nest")), timestep=a("timestep", 1.0, POSITIVE),
        seed=a("seed", 3, whole(0, 2**200)), numerics=a("numerics", "pynn", anything),
        dialect=a("dialect", "pynn", choice("pynn", "spynnaker")),
        min_delay=a("min_delay", "auto", anything), max_delay=a("max_delay", "auto", anything))
    made.another(a("keep", True, anything))
    made.set_number_of_neurons_per_core(made.IF_curr_exp, a("per core", 10, anything))
    made.prepare(a("prepare", 10.0, anything))
    made.state.close()


@script
def saved(sim: Any, a: A) -> None:
    _cells(sim)
    sim.run(1.0)
    sim.save_state(a("save_state", str(OUT / "saved.npz"), anything))
    again = sim.another()
    _cells(again)
    again.restore_state(a("restore_state", str(OUT / "saved.npz"), anything))


@script
def module(sim: Any, a: A) -> None:
    module = module_style
    module.setup(
        timestep=a("setup timestep", 1.0, POSITIVE),
        min_delay=a("setup min_delay", "auto", anything),
        max_delay=a("setup max_delay", "auto", anything),
        backend=a("setup backend", "brian2", anything),
        numerics=a("setup numerics", None, anything),
        dialect=a("setup dialect", None, anything), seed=a("setup seed", None, anything),
        **{"threads": a("setup threads", 1, anything)})
    p = module.Population(a("module size", 2, whole(1, 10_000)), module.IF_curr_exp())
    module.initialize(p, v=a("module v", 0.0, cell_values(ANY, 2)))
    module.get_time_step()
    module.end()
