"""Signs and plasticity rules: decided once, and the same in the words of every engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neuroport_nest.lower import synapses as nest
from neuroport_spinnaker.lower.rules import chip_rule

from neuroport.errors import WeightSignError
from neuroport.network.plasticity import learning_rule
from neuroport.network.signs import receptor_sign
from neuroport.statements.synapses.factory import synapse_code

CURRENT, CONDUCTANCE = "IF_curr_exp", "IF_cond_exp"


def own(sim: Any, adds: str) -> Any:
    """A cell given by equations whose receptors, of three names, add to its variable x."""
    inflow = "x*(e - v)" if adds == "conductance" else "x"
    return sim.cell_by_equations(
        "Own", derivatives={"v": f"-v/tau + {inflow}", "x": "-x/tau"}, threshold="v > high",
        reset="v = 0", parameters={"tau": 10.0, "high": 10.0, "e": 50.0},
        initial={"v": 0.0, "x": 0.0}, units={"v": "mV"},
        receptors={name: {"variable": "x", "adds": adds}
                   for name in ("excitatory", "inhibitory", "own")},
    )


def target(sim: Any, kind: str) -> Any:
    return getattr(sim, kind)() if hasattr(sim, kind) else own(sim, kind)()


def join(sim: Any, kind: str, receptor: str, weights: list[float], synapse: Any = None) -> Any:
    pre = sim.Population(len(weights), sim.SpikeSourceArray(spike_times=[1.0]))
    post = sim.Population(1, target(sim, kind))
    rows = [(k, 0, w, 1.0) for k, w in enumerate(weights)]
    return sim.Projection(pre, post, sim.FromListConnector(rows), synapse or sim.StaticSynapse(),
                          receptor_type=receptor)


# -- signs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "signs"), [
    (CURRENT, {"excitatory": 1, "inhibitory": -1}),
    ("IF_curr_delta", {"excitatory": 1, "inhibitory": -1}),
    (CONDUCTANCE, {"excitatory": 1, "inhibitory": 1}),
    ("conductance", {"excitatory": 1, "inhibitory": 1, "own": 1}),
    ("current", {"excitatory": 1, "inhibitory": -1, "own": 0}),
])
def test_the_receptor_decides(make: Any, kind: str, signs: dict[str, int]) -> None:
    sim = make()
    cell = sim.Population(1, target(sim, kind)).model
    assert {r.name: receptor_sign(cell, r.name) for r in cell.receptors} == signs


@given(
    kind=st.sampled_from([CURRENT, CONDUCTANCE, "conductance", "current"]),
    receptor=st.sampled_from(["excitatory", "inhibitory", "own"]),
    weights=st.lists(st.floats(-5, 5).map(lambda w: round(w, 3)), min_size=1, max_size=4),
    dialect=st.sampled_from(["pynn", "spynnaker"]),
)
def test_no_frozen_weight_contradicts_its_receptor(
    make: Any, kind: str, receptor: str, weights: list[float], dialect: str
) -> None:
    """Weights are refused, or have the receptor's sign, and are given back as they were written."""
    if receptor == "own" and kind in (CURRENT, CONDUCTANCE):
        receptor = "excitatory"
    sim = make(dialect=dialect, numerics="pynn")
    sign = receptor_sign(sim.Population(1, target(sim, kind)).model, receptor)
    unsigned = dialect == "spynnaker" and sign < 0
    given_ = np.array(weights)
    fits = bool((given_ >= 0).all() or (given_ <= 0).all()) if unsigned else bool(
        (given_ * sign >= 0).all())
    try:
        projection = join(sim, kind, receptor, weights)
    except WeightSignError:
        assert not fits
        return
    assert fits
    frozen = sim.network().projections[0].weight
    assert (frozen * sign >= 0).all()
    np.testing.assert_array_equal(np.abs(frozen), np.abs(given_))
    np.testing.assert_array_equal(
        projection.get("weight", "list", with_address=False), given_)


@pytest.mark.parametrize(("receptor", "weight", "low", "high", "refused"), [
    ("excitatory", 1.0, 0.0, 4.0, False),
    ("excitatory", 1.0, -1.0, 4.0, True),  # a weight keeps its sign
    ("excitatory", 0.0, -4.0, 0.0, True),
    ("inhibitory", -1.0, -4.0, 0.0, False),
    ("inhibitory", -1.0, 0.0, 4.0, False),  # bounds without a sign
    ("inhibitory", 0.0, 0.0, -4.0, False),
    ("inhibitory", -1.0, -4.0, 1.0, True),
])
def test_bounds_that_contradict_the_receptor_are_refused(
    make: Any, receptor: str, weight: float, low: float, high: float, refused: bool
) -> None:
    sim = make()
    rule = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(), weight=weight, delay=1.0,
        weight_dependence=sim.AdditiveWeightDependence(w_min=low, w_max=high))
    if refused:
        with pytest.raises(WeightSignError, match="bounds of a plastic weight"):
            join(sim, CURRENT, receptor, [weight], rule)
        return
    join(sim, CURRENT, receptor, [weight], rule)
    network = sim.network()
    found = learning_rule(network.projections[0], network)
    assert (found.w_min[0], found.w_max[0]) == (0.0, 4.0)
    assert found.sign == (-1.0 if receptor == "inhibitory" else 1.0)
    assert found.bounds == ((-4.0, 0.0) if receptor == "inhibitory" else (0.0, 4.0))


def test_plastic_weights_of_both_signs_are_refused_where_the_receptor_takes_both(
    make: Any,
) -> None:
    sim = make()
    rule = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(), weight=0.0, delay=1.0,
        weight_dependence=sim.AdditiveWeightDependence(w_min=0.0, w_max=4.0))
    join(sim, "current", "own", [1.0, -1.0])
    join(sim, "current", "own", [-1.0, 0.0], rule)
    with pytest.raises(WeightSignError, match="all of one sign"):
        join(sim, "current", "own", [1.0, -1.0], rule)


# -- rules -----------------------------------------------------------------------------------------


DEPENDENCES = ("additive", "multiplicative", "additive_multiplicative", "gutig")


def dependence(sim: Any, name: str, low: float, high: float) -> Any:
    if name == "gutig":
        return sim.GutigWeightDependence(w_min=low, w_max=high, mu_plus=0.3, mu_minus=0.6)
    return {
        "additive": sim.AdditiveWeightDependence,
        "multiplicative": sim.MultiplicativeWeightDependence,
        "additive_multiplicative": sim.AdditivePotentiationMultiplicativeDepression,
    }[name](w_min=low, w_max=high)


@given(
    kind=st.sampled_from([CURRENT, CONDUCTANCE]),
    receptor=st.sampled_from(["excitatory", "inhibitory"]),
    name=st.sampled_from(DEPENDENCES),
    amplitude=st.sampled_from(["fraction", "absolute"]),
    plus=st.floats(1e-4, 1.0), minus=st.floats(1e-4, 1.0), high=st.floats(1e-3, 20.0),
    part=st.floats(0.0, 1.0), signed=st.booleans(),
)
def test_every_engine_is_given_the_same_rule(
    make: Any, kind: str, receptor: str, name: str, amplitude: str, plus: float, minus: float,
    high: float, part: float, signed: bool,
) -> None:
    """Against the definitions: PyNN multiplies by w_max what is a weight change."""
    sim = make(numerics={"base": "pynn", "plasticity_amplitude": amplitude})
    negative = kind == CURRENT and receptor == "inhibitory"
    sign = -1.0 if negative else 1.0
    low, top = (-high, 0.0) if negative and signed else (0.0, high)
    weight = part * high
    join(sim, kind, receptor, [sign * weight], sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(A_plus=plus, A_minus=minus, tau_plus=15.0,
                                            tau_minus=25.0),
        weight_dependence=dependence(sim, name, low, top), weight=sign * weight, delay=1.0))
    network = sim.network()
    projection = network.projections[0]
    factors = {"additive": (high, high), "multiplicative": (1.0, 1.0),
               "additive_multiplicative": (high, 1.0), "gutig": (high, high)}[name]
    if amplitude == "absolute":
        factors = (1.0, 1.0)
    up, down = plus * factors[0], minus * factors[1]

    cell = network.population(projection.post).cell
    code = synapse_code(projection, cell, "v_post += {w}", network.numerics, network.timestep, 1)
    brian = {k: float(v[0]) for k, v in code.values(projection, {}).items()}
    chip = chip_rule(projection, network)
    assert (brian["s_A_plus"], brian["s_A_minus"]) == (up, down)
    assert (chip["A_plus"], chip["A_minus"]) == (up, down)
    assert brian["s_sign"] == sign
    assert (brian["s_w_min"], brian["s_w_max"]) == (chip["w_min"], chip["w_max"]) == (0.0, high)
    assert brian["s_w"] == weight

    factor = 1000.0 if kind == CURRENT or receptor == "excitatory" else -1000.0
    theirs = {k: float(v[0]) for k, v in nest.values(projection, network, factor).items()}
    assert theirs["Wmax"] == sign * high * factor
    # NEST has parts of w_max; two roundings.
    change = 1.0 if name == "multiplicative" else high
    assert theirs["lambda"] * change == pytest.approx(up, rel=1e-14)
    change = 1.0 if name in ("multiplicative", "additive_multiplicative") else high
    assert theirs["alpha"] * theirs["lambda"] * change == pytest.approx(down, rel=1e-14)
    assert np.copysign(1.0, theirs["weight"]) == np.copysign(1.0, theirs["Wmax"])
    times = [(r["tau_plus"], r["tau_minus"]) for r in (chip,)]
    assert times == [(brian["s_tau_plus"], brian["s_tau_minus"])] == [(15.0, 25.0)]


def test_the_rule_of_vogels(make: Any) -> None:
    """Vogels et al. (2011): α = 2 ρ τ; 2 * 5 Hz * 20 ms = 0.2."""
    sim = make()
    join(sim, CURRENT, "inhibitory", [-1.0], sim.STDPMechanism(
        timing_dependence=sim.Vogels2011Rule(eta=0.01, rho=5.0, tau=20.0),
        weight_dependence=sim.AdditiveWeightDependence(w_min=-4.0, w_max=0.0),
        weight=-1.0, delay=1.0))
    network = sim.network()
    rule = chip_rule(network.projections[0], network)
    assert rule["alpha"] == pytest.approx(0.2, rel=1e-15)
    assert (rule["A_plus"], rule["A_minus"], rule["w_min"], rule["w_max"]) == (0.01, 0.01, 0.0, 4.0)
