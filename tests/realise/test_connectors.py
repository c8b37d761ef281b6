"""Every connector against its definition, written densely here.

The expected matrices are built with loops from the definition of each connector; nothing of
``neuroport.realise`` is used for them.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyNN.connectors import Connector
from pyNN.random import NumpyRNG, RandomDistribution
from pyNN.space import Grid2D, Line, Space

import neuroport
from neuroport.errors import ConnectorError

Pairs = list[tuple[int, int]]
sizes = st.integers(1, 12)


def simulator(seed: int = 7) -> Any:
    """Return a simulator that is never run: connections are made without an engine."""
    return neuroport.simulator("brian2", timestep=1.0, seed=seed)


def joined(
    connector: Callable[[Any], Any], n_pre: int, n_post: int | None = None, *, seed: int = 7,
    **options: Any,
) -> Pairs:
    """Return the pairs that a connector joins; within one population where n_post is None."""
    sim = simulator(seed)
    pre = sim.Population(n_pre, sim.IF_curr_exp())
    post = pre if n_post is None else sim.Population(n_post, sim.IF_curr_exp())
    return pairs(sim.Projection(pre, post, connector(sim), sim.StaticSynapse(weight=1.0),
                                **options))


def pairs(projection: Any) -> Pairs:
    made = projection.made
    return list(zip(made.pre.tolist(), made.post.tolist(), strict=True))


def post_major(made: Pairs) -> bool:
    return made == sorted(made, key=lambda pair: (pair[1], pair[0]))


def dense(n_pre: int, n_post: int, rule: Callable[[int, int], bool]) -> Pairs:
    """Return the pairs for which a rule holds, by postsynaptic cell."""
    return [(i, j) for j in range(n_post) for i in range(n_pre) if rule(i, j)]


# -- deterministic connectors -----------------------------------------------------------------


@given(n_pre=sizes, n_post=sizes)
def test_all_to_all(n_pre: int, n_post: int) -> None:
    assert joined(lambda s: s.AllToAllConnector(), n_pre, n_post) == dense(
        n_pre, n_post, lambda i, j: True)


@given(n=sizes)
def test_all_to_all_without_self_connections(n: int) -> None:
    assert joined(lambda s: s.AllToAllConnector(allow_self_connections=False), n) == dense(
        n, n, lambda i, j: i != j)


def test_no_self_connections_has_no_meaning_between_different_cells() -> None:
    assert len(joined(lambda s: s.AllToAllConnector(allow_self_connections=False), 4, 4)) == 16


@given(n=sizes)
def test_all_to_all_no_mutual(n: int) -> None:
    made = joined(lambda s: s.AllToAllConnector(allow_self_connections="NoMutual"), n)
    assert len(made) == n * (n - 1) // 2
    assert not {(j, i) for i, j in made} & set(made)  # never both ways, and so never to itself
    assert post_major(made)


def test_no_mutual_between_two_populations_is_refused() -> None:
    with pytest.raises(ConnectorError, match="NoMutual"):
        joined(lambda s: s.AllToAllConnector(allow_self_connections="NoMutual"), 3, 3)


@given(n_pre=sizes, n_post=sizes)
def test_one_to_one(n_pre: int, n_post: int) -> None:
    assert joined(lambda s: s.OneToOneConnector(), n_pre, n_post) == [
        (i, i) for i in range(min(n_pre, n_post))]


@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=20),
)
def test_from_list_is_stable_by_postsynaptic_cell(rows: Pairs) -> None:
    sim = simulator()
    pre, post = sim.Population(5, sim.IF_curr_exp()), sim.Population(7, sim.IF_curr_exp())
    listed = [(i, j, 0.1 * k, 1.0 + k) for k, (i, j) in enumerate(rows)]
    projection = sim.Projection(pre, post, sim.FromListConnector(listed), sim.StaticSynapse())
    network = sim.network().projections[0]
    got = list(zip(network.pre_index.tolist(), network.post_index.tolist(),
                   network.weight.tolist(), network.delay.tolist(), strict=True))
    assert sorted(got) == sorted((i, j, w, int(d)) for i, j, w, d in listed)
    assert network.post_index.tolist() == sorted(j for _, j in rows)
    assert len(projection) == len(rows)


def test_list_columns_fill_the_parameters_of_the_synapse() -> None:
    sim = simulator()
    cells = sim.Population(3, sim.IF_curr_exp())
    rows = [(0, 2, 0.3, 20.0), (1, 0, 0.5, 30.0)]
    projection = sim.Projection(
        cells, cells, sim.FromListConnector(rows, column_names=["U", "tau_rec"]),
        sim.TsodyksMarkramSynapse(weight=0.25, delay=2.0, U=0.9, tau_rec=99.0, tau_facil=7.0))
    assert sorted(projection.get(["U", "tau_rec", "tau_facil", "weight"], format="list")) == [
        (0, 2, 0.3, 20.0, 7.0, 0.25), (1, 0, 0.5, 30.0, 7.0, 0.25)]


def test_from_file_round_trip(tmp_path: Any) -> None:
    sim = simulator()
    pre, post = sim.Population(4, sim.IF_curr_exp()), sim.Population(3, sim.IF_curr_exp())
    first = sim.Projection(
        pre, post, sim.FixedProbabilityConnector(0.6),
        sim.StaticSynapse(weight=sim.RandomDistribution("uniform", low=0.1, high=0.9), delay=3.0))
    path = str(tmp_path / "connections.txt")
    first.save("connections", path)
    second = sim.Projection(pre, post, sim.FromFileConnector(path), sim.StaticSynapse())
    names = ["weight", "delay"]
    assert 0 < len(first) < 12
    # The text file keeps every digit of a double.
    assert second.get(names, format="list") == first.get(names, format="list")


@given(data=st.data(), n_pre=sizes, n_post=sizes)
def test_array_connector(data: st.DataObject, n_pre: int, n_post: int) -> None:
    bits = data.draw(st.lists(st.booleans(), min_size=n_pre * n_post, max_size=n_pre * n_post))
    array = np.array(bits).reshape(n_pre, n_post)
    made = joined(lambda s: s.ArrayConnector(array), n_pre, n_post)
    assert made == dense(n_pre, n_post, lambda i, j: bool(array[i, j]))


def test_clone_connector() -> None:
    sim = simulator()
    pre, post = sim.Population(9, sim.IF_curr_exp()), sim.Population(8, sim.IF_curr_exp())
    first = sim.Projection(pre, post, sim.FixedProbabilityConnector(0.4), sim.StaticSynapse())
    second = sim.Projection(pre, post, sim.CloneConnector(first), sim.StaticSynapse(weight=0.5))
    assert pairs(second) == pairs(first)
    assert set(second.get("weight", format="list", with_address=False)) == {0.5}


# -- random connectors ------------------------------------------------------------------------


@given(n=sizes, allow=st.sampled_from([True, False, "NoMutual"]), p=st.floats(0.0, 1.0))
def test_fixed_probability_keeps_to_the_rules(n: int, allow: Any, p: float) -> None:
    made = joined(lambda s: s.FixedProbabilityConnector(p, allow_self_connections=allow), n)
    assert post_major(made)
    assert len(set(made)) == len(made)
    if allow is not True:
        assert all(i != j for i, j in made)
    if allow == "NoMutual":
        assert not {(j, i) for i, j in made} & set(made)
    if p == 1.0:
        assert len(made) == {True: n * n, False: n * (n - 1), "NoMutual": n * (n - 1) // 2}[allow]
    if p == 0.0:
        assert made == []


@pytest.mark.parametrize("p", [0.02, 0.25, 0.3, 0.31, 0.9])
def test_fixed_probability_joins_that_part(p: float) -> None:
    n = 300
    made = joined(lambda s: s.FixedProbabilityConnector(p), n, n)
    # Binomial: five standard deviations either way, one failure in a million seeds.
    assert abs(len(made) - p * n * n) < 5 * (n * n * p * (1 - p)) ** 0.5
    # The same for every row and column together: the variance of the row sums is binomial. The
    # statistic is chi-squared with n degrees of freedom; five standard deviations again.
    for axis in (0, 1):
        counts = np.bincount([pair[axis] for pair in made], minlength=n)
        statistic = ((counts - n * p) ** 2).sum() / (n * p * (1 - p))
        assert abs(statistic - n) < 5 * (2 * n) ** 0.5


@pytest.mark.parametrize("p", [1e-12, 1e-19, 1e-300, 5e-324])
def test_vanishing_probability_joins_nothing(p: float) -> None:
    assert joined(lambda s: s.FixedProbabilityConnector(p), 30, 30) == []


def test_fixed_probability_with_the_scripts_own_generator() -> None:
    # PyNN's order of drawing: one uniform number a pair, all pre cells of one post cell first.
    made = joined(lambda s: s.FixedProbabilityConnector(0.3, rng=NumpyRNG(seed=99)), 8, 5)
    drawn = np.random.RandomState(99).uniform(0.0, 1.0, 40).reshape(5, 8)
    assert made == dense(8, 5, lambda i, j: bool(drawn[j, i] < 0.3))


def test_the_scripts_generator_goes_on_where_it_was() -> None:
    rng = NumpyRNG(seed=5)
    first = joined(lambda s: s.FixedProbabilityConnector(0.5, rng=rng), 6, 6)
    second = joined(lambda s: s.FixedProbabilityConnector(0.5, rng=rng), 6, 6)
    assert first != second
    again = NumpyRNG(seed=5)
    assert first == joined(lambda s: s.FixedProbabilityConnector(0.5, rng=again), 6, 6, seed=1234)


@given(n_pre=sizes, n_post=sizes, n=st.integers(0, 30), repeat=st.booleans())
def test_fixed_number_pre(n_pre: int, n_post: int, n: int, repeat: bool) -> None:
    made = joined(lambda s: s.FixedNumberPreConnector(n, with_replacement=repeat), n_pre, n_post)
    assert Counter(j for _, j in made) == Counter({j: n for j in range(n_post) if n})
    assert post_major(made)
    if not repeat:  # each as often as the others, but for one
        for j in range(n_post):
            often = [made.count((i, j)) for i in range(n_pre)]
            assert max(often) - min(often) <= 1


@given(n_pre=sizes, n_post=sizes, n=st.integers(0, 30), repeat=st.booleans())
def test_fixed_number_post(n_pre: int, n_post: int, n: int, repeat: bool) -> None:
    made = joined(lambda s: s.FixedNumberPostConnector(n, with_replacement=repeat), n_pre, n_post)
    assert Counter(i for i, _ in made) == Counter({i: n for i in range(n_pre) if n})
    assert post_major(made)
    if not repeat:
        for i in range(n_pre):
            often = [made.count((i, j)) for j in range(n_post)]
            assert max(often) - min(often) <= 1


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("name", ["FixedNumberPreConnector", "FixedNumberPostConnector"])
def test_fixed_number_without_self_connections(name: str, repeat: bool) -> None:
    made = joined(lambda s: getattr(s, name)(
        7, allow_self_connections=False, with_replacement=repeat), 9)
    assert len(made) == 63
    assert all(i != j for i, j in made)
    everyone = {(i, j) for i in range(9) for j in range(9) if i != j}
    seen = set()
    for seed in range(6):
        seen |= set(joined(lambda s: getattr(s, name)(
            7, allow_self_connections=False, with_replacement=repeat), 9, seed=seed))
    assert seen == everyone  # nobody else is left out


@pytest.mark.parametrize(
    "name", ["FixedNumberPreConnector", "FixedNumberPostConnector", "FixedTotalNumberConnector"])
def test_no_mutual_is_not_taken_for_no_self_connections(name: str) -> None:
    # PyNN does not define 'NoMutual' for these; to treat it as False would be a silent change.
    with pytest.raises(ConnectorError, match="NoMutual"):
        joined(lambda s: getattr(s, name)(2, allow_self_connections="NoMutual"), 9)


def test_fixed_number_drawn_from_a_distribution() -> None:
    numbers = RandomDistribution("uniform_int", low=2, high=6, rng=NumpyRNG(seed=3))
    made = joined(lambda s: s.FixedNumberPreConnector(numbers), 20, 40)
    same_numbers = RandomDistribution("uniform_int", low=2, high=6, rng=NumpyRNG(seed=3))
    same_numbers.next(100)  # PyNN's constructor tries the distribution with 100 values
    want = same_numbers.next(40)
    assert [sum(1 for _, q in made if q == j) for j in range(40)] == [int(x) for x in want]


@given(n_pre=sizes, n_post=sizes, n=st.integers(0, 40), repeat=st.booleans())
def test_fixed_total_number(n_pre: int, n_post: int, n: int, repeat: bool) -> None:
    if not repeat and n > n_pre * n_post:
        with pytest.raises(ConnectorError, match="without replacement"):
            joined(lambda s: s.FixedTotalNumberConnector(n, with_replacement=False), n_pre, n_post)
        return
    made = joined(lambda s: s.FixedTotalNumberConnector(n, with_replacement=repeat), n_pre, n_post)
    assert len(made) == n
    assert post_major(made)
    assert all(i < n_pre and j < n_post for i, j in made)
    if not repeat:
        assert len(set(made)) == n


def test_fixed_total_number_without_self_connections() -> None:
    made = joined(lambda s: s.FixedTotalNumberConnector(
        72, with_replacement=False, allow_self_connections=False), 9)
    assert made == dense(9, 9, lambda i, j: i != j)


def test_few_of_very_many_pairs_need_little_memory() -> None:
    # 10^10 pairs: a table of all of them would take 80 GB.
    sim = simulator()
    cells = sim.Population(100_000, sim.SpikeSourceArray(spike_times=[1.0]))
    targets = sim.Population(100_000, sim.IF_curr_exp())
    made = sim.Projection(cells, targets, sim.FixedTotalNumberConnector(50, with_replacement=False),
                          sim.StaticSynapse())
    assert len(set(pairs(made))) == 50


def test_small_world_without_rewiring_is_the_ring() -> None:
    sim = simulator()
    cells = sim.Population(12, sim.IF_curr_exp(), structure=Line(dx=1.0))
    ring = Space(periodic_boundaries=((0.0, 12.0), None, None))
    made = sim.Projection(cells, cells, sim.SmallWorldConnector(
        degree=2.5, rewiring=0.0, allow_self_connections=False), sim.StaticSynapse(), space=ring)
    assert pairs(made) == dense(12, 12, lambda i, j: min((i - j) % 12, (j - i) % 12) in (1, 2))


def test_small_world_rewiring_keeps_the_number_of_synapses_of_each_cell() -> None:
    sim = simulator()
    cells = sim.Population(40, sim.IF_curr_exp(), structure=Line(dx=1.0))
    ring = Space(periodic_boundaries=((0.0, 40.0), None, None))
    made = pairs(sim.Projection(cells, cells, sim.SmallWorldConnector(
        degree=3.5, rewiring=0.5, allow_self_connections=False), sim.StaticSynapse(), space=ring))
    assert Counter(i for i, _ in made) == Counter({i: 6 for i in range(40)})
    assert all(i != j for i, j in made)
    kept = sum(min((i - j) % 40, (j - i) % 40) <= 3 for i, j in made)
    # 240 synapses: half stay, and 6 of the 39 goals of a moved one are neighbours (0.577 in all);
    # binomial, five standard deviations.
    assert abs(kept - 240 * 0.577) < 5 * (240 * 0.577 * 0.423) ** 0.5


# -- distance and index -----------------------------------------------------------------------

SPACES = {
    "plain": Space(),
    "periodic": Space(periodic_boundaries=((0.0, 5.0), (0.0, 4.0), None)),
    "x only": Space(axes="x"),
    "scaled": Space(scale_factor=2.0),
    "offset": Space(offset=(0.5, 0.25, 1.0)),
    "mixed": Space(axes="xy", scale_factor=0.5, offset=(1.0, 0.0, 0.0),
                   periodic_boundaries=((0.0, 5.0), (0.0, 4.0))),
}


def spatial(space: Any, connector: Callable[[Any], Any], synapse: Callable[[Any], Any]) -> Any:
    sim = simulator()
    pre = sim.Population(20, sim.IF_curr_exp(), structure=Grid2D(aspect_ratio=5 / 4))
    post = sim.Population(9, sim.IF_curr_exp(), structure=Line(dx=0.7, y=0.3))
    made = sim.Projection(pre, post, connector(sim), synapse(sim), space=space)
    # PyNN's own distances, for positions (n, 3).
    distances = space.distances(pre.positions.T, post.positions.T)
    return made, np.asarray(distances).reshape(20, 9)


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES.keys())
def test_distances_are_those_of_pynn_space(space: Any) -> None:
    made, distances = spatial(
        space, lambda s: s.DistanceDependentProbabilityConnector("d < 2.0"),
        lambda s: s.StaticSynapse(weight="0.5 + d", delay="1.0 + 2.0*d"))
    assert pairs(made) == dense(20, 9, lambda i, j: bool(distances[i, j] < 2.0))
    assert 0 < len(made) < 180
    for i, j, weight, delay in made.get(["weight", "written_delay"], format="list"):
        # Distances are square roots of sums: the order of the sum may cost the last digit.
        assert weight == pytest.approx(0.5 + distances[i, j], rel=1e-12)
        assert delay == pytest.approx(1.0 + 2.0 * distances[i, j], rel=1e-12)


def test_distance_probability_draws_in_pynns_order() -> None:
    made, distances = spatial(
        Space(), lambda s: s.DistanceDependentProbabilityConnector(
            "exp(-d)", rng=NumpyRNG(seed=11)), lambda s: s.StaticSynapse(weight=1.0))
    drawn = np.random.RandomState(11).uniform(0.0, 1.0, 180).reshape(9, 20)
    assert pairs(made) == dense(20, 9, lambda i, j: bool(drawn[j, i] < np.exp(-distances[i, j])))


def test_index_based_probability() -> None:
    sim = simulator()

    class Diagonals(sim.IndexBasedExpression):  # type: ignore[name-defined, misc]
        def __call__(self, i: Any, j: Any) -> Any:
            return np.where((i + 2 * j) % 3 == 0, 1.0, 0.0)

    pre, post = sim.Population(7, sim.IF_curr_exp()), sim.Population(6, sim.IF_curr_exp())
    made = sim.Projection(pre, post, sim.IndexBasedProbabilityConnector(Diagonals()),
                          sim.StaticSynapse())
    assert pairs(made) == dense(7, 6, lambda i, j: (i + 2 * j) % 3 == 0)


def test_displacement_dependent_probability() -> None:
    sim = simulator()
    pre = sim.Population(6, sim.IF_curr_exp(), structure=Line(dx=1.0))
    post = sim.Population(5, sim.IF_curr_exp(), structure=Line(dx=1.0, x0=0.5))
    made = sim.Projection(
        pre, post, sim.DisplacementDependentProbabilityConnector(
            lambda d: np.where((d[0] > 0) & (d[0] < 2), 1.0, 0.0)), sim.StaticSynapse())
    # The displacement points from the presynaptic to the postsynaptic cell.
    assert sorted(pairs(made)) == sorted(
        dense(6, 5, lambda i, j: 0 < (j + 0.5) - i < 2)) or sorted(pairs(made)) == sorted(
        dense(6, 5, lambda i, j: 0 < i - (j + 0.5) < 2))


def test_probabilities_that_cannot_be_are_refused() -> None:
    sim = simulator()
    cells = sim.Population(4, sim.IF_curr_exp(), structure=Line(dx=1.0))
    connector = sim.DistanceDependentProbabilityConnector("0.5*((d - 2.0)/(d - 2.0))")
    with pytest.raises(ConnectorError, match="NaN"), np.errstate(invalid="ignore"):
        sim.Projection(cells, cells, connector, sim.StaticSynapse())


@pytest.mark.parametrize("expression", ["-1.0", "exp(", "distance < 1"])
def test_expressions_that_cannot_be_evaluated_are_refused(expression: str) -> None:
    with pytest.raises(ConnectorError, match="DistanceDependentProbabilityConnector"):
        simulator().DistanceDependentProbabilityConnector(expression)


class EverySecond(Connector):
    """A connector of a user's own, in PyNN's way: it connects one post cell at a time."""

    parameter_names = ()

    def connect(self, projection: Any) -> None:
        for j in range(projection.post.size):
            projection._convergent_connect(
                np.arange(j % 2, projection.pre.size, 2), j, weight=0.1 * (j + 1), delay=2.0)


def test_connector_of_the_users_own() -> None:
    sim = simulator()
    pre, post = sim.Population(5, sim.IF_curr_exp()), sim.Population(4, sim.IF_curr_exp())
    made = sim.Projection(pre, post, EverySecond(), sim.StaticSynapse())
    assert sorted(made.get(["weight", "delay"], format="list")) == sorted(
        (i, j, pytest.approx(0.1 * (j + 1)), 2.0)
        for i, j in dense(5, 4, lambda i, j: i % 2 == j % 2))


# -- views and assemblies ---------------------------------------------------------------------


def test_views_are_mapped_to_cells_of_their_populations() -> None:
    sim = simulator()
    pre = sim.Population(10, sim.IF_curr_exp(), label="pre")
    post = sim.Population(6, sim.IF_curr_exp(), label="post")
    sim.Projection(pre[[7, 2, 5]], post[1:6:2], sim.AllToAllConnector(),
                   sim.StaticSynapse(weight=np.arange(9.0).reshape(3, 3)))
    part = sim.network().projections[0]
    got = {(i, j): w for i, j, w in zip(part.pre_index.tolist(), part.post_index.tolist(),
                                        part.weight.tolist(), strict=True)}
    # PyNN keeps the cells of a view in ascending order.
    view = sorted([7, 2, 5]) if list(pre[[7, 2, 5]].all_cells) == sorted(
        pre[[7, 2, 5]].all_cells) else [7, 2, 5]
    assert got == {(i, j): 3.0 * a + b for a, i in enumerate(view) for b, j in enumerate((1, 3, 5))}


def test_self_connections_between_overlapping_views() -> None:
    sim = simulator()
    cells = sim.Population(10, sim.IF_curr_exp())
    for connector in (sim.AllToAllConnector(allow_self_connections=False),
                      sim.FixedProbabilityConnector(1.0, allow_self_connections=False)):
        sim.Projection(cells[0:6], cells[4:10], connector, sim.StaticSynapse())
    for part in sim.network().projections:
        assert part.size == 34  # 36 pairs less cell 4 and cell 5 with themselves
        assert (part.pre_index != part.post_index).all()


def test_assemblies_are_split_by_population() -> None:
    sim = simulator()
    a = sim.Population(3, sim.IF_curr_exp(), label="a")
    b = sim.Population(4, sim.IF_curr_exp(), label="b")
    c = sim.Population(2, sim.IF_curr_exp(), label="c")
    weights = np.arange(15.0).reshape(5, 3) + 1
    # An assembly of a whole population and a view; its cells are counted through.
    group = sim.Assembly(a, b[1:3])
    target = sim.Assembly(c, b[0:1])
    sim.Projection(group, target, sim.AllToAllConnector(), sim.StaticSynapse(weight=weights))
    got = {}
    for part in sim.network().projections:
        for i, j, w in zip(part.pre_index.tolist(), part.post_index.tolist(), part.weight.tolist(),
                           strict=True):
            got[part.pre, i, part.post, j] = w
    cells_in = [("a", 0), ("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    cells_out = [("c", 0), ("c", 1), ("b", 0)]
    assert got == {(*x, *y): weights[k, m]
                   for k, x in enumerate(cells_in) for m, y in enumerate(cells_out)}


# -- one seed, one set of arrays --------------------------------------------------------------


def example(seed: int, *, extra: bool = False, reverse: bool = False) -> dict[str, Any]:
    """Return all realised arrays of a network with labels, made in some order."""
    sim = simulator(seed)
    if extra:
        sim.Population(5, sim.IF_curr_exp(tau_m=sim.RandomDistribution("uniform", (10, 20))),
                       label="extra")
        sim.NoisyCurrentSource(mean=0.1, stdev=0.1)
    labels = ["a", "b"]
    made = {}
    for label in reversed(labels) if reverse else labels:
        made[label] = sim.Population(
            20, sim.IF_curr_exp(tau_m=sim.RandomDistribution("uniform", (10, 20))), label=label,
            initial_values={"v": sim.RandomDistribution("normal", (-65.0, 3.0))})
    poisson = sim.Population(8, sim.SpikeSourcePoisson(rate=40.0), label="p")
    order = [("a", "b"), ("b", "a")]
    for x, y in reversed(order) if reverse else order:
        sim.Projection(made[x], made[y], sim.FixedProbabilityConnector(0.3),
                       sim.StaticSynapse(weight=sim.RandomDistribution("uniform", (0, 1)),
                                         delay=2.0), label=f"{x}{y}")
    assert poisson.size == 8
    network = sim.network()
    arrays: dict[str, Any] = {}
    for label in ("a", "b"):
        population = network.population(label)
        arrays[f"{label} tau_m"] = population.parameters["tau_m"]
        arrays[f"{label} v"] = population.initial["v"]
    for projection in network.projections:
        for name in ("pre_index", "post_index", "weight"):
            arrays[f"{projection.label} {name}"] = getattr(projection, name)
    arrays["stream"] = np.array(network.population("p").spikes.stream)  # type: ignore[union-attr]
    return arrays


def same(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [name for name in one if np.array_equal(one[name], other[name])]


def test_one_seed_is_one_set_of_arrays() -> None:
    assert same(example(3), example(3)) == list(example(3))


def test_another_seed_is_another_set_of_arrays() -> None:
    assert same(example(3), example(4)) == ["stream"]  # only the stream's name is the same


@pytest.mark.parametrize("change", ["extra", "reverse"])
def test_streams_do_not_depend_on_what_else_is_made(change: str) -> None:
    assert same(example(3), example(3, **{change: True})) == list(example(3))


def test_each_draw_is_new() -> None:
    # The same distribution for two views, or twice for one population: never the same numbers.
    sim = simulator()
    cells = sim.Population(10, sim.IF_curr_exp(), label="cells")
    drawn = sim.RandomDistribution("uniform", (-70.0, -60.0))
    cells[0:5].initialize(v=drawn)
    cells[5:10].initialize(v=drawn)
    first = np.array(sim.network().population("cells").initial["v"])
    assert len(set(first)) == 10
    cells.initialize(v=drawn)
    second = np.array(sim.network().population("cells").initial["v"])
    cells.initialize(v=drawn)
    third = np.array(sim.network().population("cells").initial["v"])
    assert not set(second) & set(third)
    for name in ("tau_m", "v_thresh"):
        cells[0:5].set(**{name: sim.RandomDistribution("uniform", (10.0, 20.0))})
    parameters = sim.network().population("cells").parameters
    assert not set(parameters["tau_m"][:5]) & set(parameters["v_thresh"][:5])


def test_weights_and_delays_are_drawn_independently() -> None:
    sim = simulator()
    cells = sim.Population(30, sim.IF_curr_exp())
    made = sim.Projection(
        cells, cells, sim.AllToAllConnector(),
        sim.StaticSynapse(weight=sim.RandomDistribution("uniform", (1.0, 2.0)),
                          delay=sim.RandomDistribution("uniform", (1.0, 2.0))))
    values = np.array(made.get(["weight", "delay"], format="list", with_address=False))
    # Of 900 independent pairs the correlation is within 5/sqrt(900).
    assert abs(np.corrcoef(values.T)[0, 1]) < 5 / 30


def test_one_more_parameter_leaves_the_others_as_they_were_drawn() -> None:
    def drawn(**more: float) -> list[np.ndarray]:
        sim = simulator()
        rule = sim.synapse_by_equations(
            "Rule", parameters={"m": 0.0, **more}, decays={}, on_presynaptic="",
            on_postsynaptic="")
        cells = sim.Population(5, sim.IF_curr_exp(), label="cells")
        made = sim.Projection(cells, cells, sim.AllToAllConnector(), rule(
            **{name: RandomDistribution("uniform", (1.0, 2.0))
               for name in ("m", "weight", "delay")}), label="p")
        return [np.array(made.get(n, format="list", with_address=False))
                for n in ("m", "weight", "written_delay")]

    few, many = drawn(), drawn(a=1.0, n=2.0, z=3.0)
    np.testing.assert_array_equal(few, many)
    assert np.unique(few).size == 75  # each from a stream of its own


COUNTED = """
import sys
from collections import Counter
from collections import Counter
import neuroport
sim = neuroport.simulator("brian2", timestep=0.1, seed=7)
cells = sim.Population(4000, sim.IF_curr_exp())
calls = Counter()

def count(frame, event, argument):
    if event in ("call", "c_call"):
        code = frame.f_code.co_qualname if event == "call" else argument.__qualname__
        calls[code] += 1

# The import of anything used for the first time would count as well.
sim.Projection(cells[:3], cells[:3], sim.FixedProbabilityConnector(0.5), sim.StaticSynapse())
sim.network()
sys.setprofile(count)
made = sim.Projection(
    cells, cells, sim.FixedProbabilityConnector(0.02),
    sim.StaticSynapse(weight=sim.RandomDistribution("uniform", (0.1, 0.2)), delay=1.0))
network = sim.network()
sys.setprofile(None)
print(len(made), network.n_synapses - network.projections[0].size, calls.total())
print(calls.most_common(12))
"""


def test_large_networks_are_realised_without_a_loop_over_cells() -> None:
    """4,000 neurons and 320,000 synapses: far fewer calls than cells, let alone synapses.

    In a process of its own: what other tests have left does not count.
    """
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True,
                          timeout=60, check=True)
    figures, most = done.stdout.splitlines()
    size, realised, calls = map(int, figures.split())
    assert abs(size - 320_000) < 5 * (320_000 * 0.98) ** 0.5  # binomial, five deviations
    assert realised == size
    assert calls < 4000, most
