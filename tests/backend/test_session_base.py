"""The session that all engines share, around an engine of a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroport.backend.capabilities import BetweenRuns, Capabilities
from neuroport.backend.recorded import Piece, Samples, Spikes
from neuroport.backend.session import SessionBase
from neuroport.errors import BetweenRunsError, NotReadyError
from neuroport.network.description import (
    Network,
    PoissonSource,
    Population,
    Projection,
    Recording,
    SpikeTimes,
)
from neuroport.network.edits import (
    CurrentEdit,
    Edit,
    ParameterEdit,
    RecordingEdit,
    SpikeEdit,
    StateEdit,
    SynapseEdit,
    apply_edit,
)
from neuroport.network.synapses import STATIC
from neuroport.numerics import PYNN
from neuroport.pynn.cells import CELL_TYPES, cell_model

SIZE = 3
ANYTHING = Capabilities("simulation", True, {})


def every(*index: int, interval: int = 1, variable: str = "v") -> Recording:
    """Return a request to record some cells."""
    return Recording(variable, np.array(index, dtype=np.int64), interval)


def network(*recordings: Recording, labels: tuple[str, ...] = ("cells",)) -> Network:
    """Return populations of three cells, each with a projection from one source."""
    source = Population(
        "source", SIZE, cell_model(CELL_TYPES["SpikeSourceArray"]()), {}, {},
        spikes=SpikeTimes(np.array([0, 1, 2]), np.array([1.0, 5.0, 9.0])),
    )
    cells = [
        Population(
            label, SIZE, cell_model(CELL_TYPES["IF_curr_exp"]()), {"i_offset": np.ones(SIZE)},
            {"v": np.arange(SIZE, dtype=float)}, recordings=recordings)
        for label in labels
    ]
    projections = [
        Projection(f"to {label}", "source", label, "excitatory", STATIC, np.arange(SIZE),
                   np.arange(SIZE), np.full(SIZE, 0.5), np.ones(SIZE, dtype=np.int64))
        for label in labels
    ]
    return Network(1.0, 1, PYNN, (source, *cells), tuple(projections))


class Toy(SessionBase):
    """v grows by i_offset in each step; a cell spikes in every fourth step of its v."""

    engine = "the toy"
    longest_piece = 7

    def __init__(
        self, network: Network, capabilities: Capabilities = ANYTHING,
        merge: Any = None,
    ) -> None:
        super().__init__(network, capabilities, merge)
        self.log: list[str] = []

    def build(self, network: Network) -> None:
        self.log.append("build")
        self.now = 0
        self.v = {p.label: p.initial["v"].copy() for p in network.populations if p.initial}
        self.pieces: list[Piece] = []

    def begin(self, first: int, last: int) -> None:
        self.log.append(f"begin {first} {last}")

    def advance(self, steps: int, stop_asked: Any, progress: Any) -> int:
        done = min(steps, 3)  # an engine may do less than it was asked for
        for _ in range(done):
            for p in self.lowered.populations:
                if p.label not in self.v:
                    continue
                v, now = self.v[p.label], np.array([self.now])
                for r in p.recordings:
                    if r.variable == "v" and self.now % r.interval == 0:
                        self.pieces.append(
                            Samples(p.label, "v", now, r.index, v[r.index][np.newaxis].copy()))
                cell = np.flatnonzero(v % 4 < p.parameters["i_offset"])
                self.pieces.append(Spikes(p.label, np.full(cell.size, self.now), cell))
                v += p.parameters["i_offset"]
            self.now += 1
        return done

    def drain(self) -> Iterator[Piece]:
        yield from self.pieces
        self.pieces = []

    def read_state(self, population: str, variable: str) -> np.ndarray:
        return self.v[population].copy()

    def read_weights(self, projection: str) -> np.ndarray:
        self.log.append(f"weights {projection}")
        return self.lowered.projection(projection).weight

    def apply(self, edit: Edit) -> None:
        self.log.append(type(edit).__name__)
        if isinstance(edit, StateEdit):
            self.v[edit.population] = np.array(edit.values["v"], dtype=float)

    def free(self) -> None:
        self.log.append("free")


def test_pieces_become_one_signal_with_the_present_state_last() -> None:
    session = Toy(network(every(0, 1, 2)))
    assert session.run(10) == 10
    step, v = session.signal("cells", "v")
    np.testing.assert_array_equal(step, np.arange(11))
    np.testing.assert_array_equal(v, np.arange(11)[:, np.newaxis] + np.arange(SIZE))
    # Spikes and currents are handed over for at most seven steps at once.
    assert [line for line in session.log if "begin" in line] == ["begin 0 7", "begin 7 10"]


def test_what_is_recorded_later_is_unknown_before() -> None:
    session = Toy(network(every(1, interval=2)))
    session.run(5)
    session.edit(RecordingEdit("cells", (every(0, 1, interval=2),)))
    session.run(4)
    step, v = session.signal("cells", "v")
    np.testing.assert_array_equal(step, [0, 2, 4, 6, 8])
    np.testing.assert_array_equal(v[:, 1], step + 1.0)
    np.testing.assert_array_equal(v[:, 0], [np.nan, np.nan, np.nan, 6.0, 8.0])
    session.edit(RecordingEdit("cells", ()))
    with pytest.raises(KeyError):
        session.signal("cells", "v")


def test_only_recorded_spikes_are_kept() -> None:
    session = Toy(network(every(0, variable="spikes")))
    session.run(9)
    step, cell = session.spikes("cells")
    assert set(cell) == {0}
    np.testing.assert_array_equal(step, [0, 4, 8])


def test_a_run_ends_where_the_user_asks_and_tells_its_progress() -> None:
    session, told = Toy(network()), []
    assert session.run(20, told.append, lambda: session.step >= 6) == 6
    assert told == [3.0]
    assert session.run(20, told.append) == 20


def test_a_source_that_is_changed_keeps_its_past() -> None:
    session = Toy(network())
    session.run(6)
    session.edit(SpikeEdit(
        "source", SpikeTimes(np.array([0, 0, 0]), np.array([2.0, 7.0, 8.0])), {}))
    session.run(4)
    step, cell = session.spikes("source")
    np.testing.assert_array_equal(step, [1, 5, 7, 8])
    np.testing.assert_array_equal(cell, [0, 1, 0, 0])


def test_drawn_sources_are_the_same_however_the_run_is_cut() -> None:
    described = network()
    source = replace(described.populations[0], spikes=PoissonSource(
        np.full(SIZE, 200.0), np.zeros(SIZE), np.full(SIZE, 1e9), (1, 2)))
    described = replace(described, populations=(source, *described.populations[1:]))
    whole, cut = Toy(described), Toy(described)
    whole.run(60)
    for steps in (1, 20, 39):
        cut.run(steps)
        cut.spikes("source")
    for a, b in zip(whole.spikes("source"), cut.spikes("source"), strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole.spikes("source")[0].size > 10


def test_what_a_backend_does_not_declare_is_refused_by_one_error_and_changes_nothing() -> None:
    nothing = Capabilities("simulation", True, {}, between_runs=BetweenRuns(*[False] * 7))
    session = Toy(network(every(0)), nothing)
    edits = [
        ParameterEdit("cells", {"i_offset": np.zeros(SIZE)}),
        StateEdit("cells", {"v": np.zeros(SIZE)}),
        SynapseEdit("to cells", {"weight": np.zeros(SIZE)}),
        SpikeEdit("source", SpikeTimes(np.array([0]), np.array([2.0])), {}),
        CurrentEdit(()),
        RecordingEdit("cells", ()),
    ]
    for edit in edits:
        session.edit(edit)  # nothing has run yet
    session.reset()
    session.run(1)
    before = session.network
    for edit in edits:
        with pytest.raises(BetweenRunsError, match="on the toy") as caught:
            session.edit(edit)
        assert "reset()" in str(caught.value)
    assert session.network is before
    session.edit(RecordingEdit("source", (every(0, variable="spikes"),)))  # known in any case


def test_an_edit_that_the_engine_fails_at_is_undone() -> None:
    session = Toy(network())
    session.run(1)
    before = session.network

    def fail(edit: Edit) -> None:
        raise ValueError("no")

    session.apply = fail  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="no"):
        session.edit(ParameterEdit("cells", {"i_offset": np.zeros(SIZE)}))
    assert session.network is before


def test_after_the_end_everything_can_be_read_and_nothing_changed() -> None:
    session = Toy(network(every(0, 1, 2), every(0, variable="spikes")))
    session.run(5)
    expected = session.signal("cells", "v"), session.spikes("cells")
    session.close()
    session.close()
    assert session.log[-1] == "free" and session.log.count("free") == 1
    for found, kept in zip((session.signal("cells", "v"), session.spikes("cells")), expected,
                           strict=True):
        np.testing.assert_array_equal(found[0], kept[0])
        np.testing.assert_array_equal(found[1], kept[1])
    np.testing.assert_array_equal(session.weights("to cells"), np.full(SIZE, 0.5))
    for call in (lambda: session.run(1), lambda: session.edit(CurrentEdit(()))):
        with pytest.raises(NotReadyError, match="ended"):
            call()


def test_weights_are_read_once_a_run() -> None:
    session = Toy(network())
    session.weights("to cells")
    assert "weights to cells" not in session.log  # those of the network
    session.run(1)
    session.weights("to cells")[:] = 7.0  # what is handed out is a copy
    np.testing.assert_array_equal(session.weights("to cells"), np.full(SIZE, 0.5))
    session.run(1)
    session.weights("to cells")
    assert session.log.count("weights to cells") == 2


class Together:
    """All populations but the source put into one."""

    def __init__(self, described: Network) -> None:
        source, *cells = described.populations
        offsets = {p.label: k * SIZE for k, p in enumerate(cells)}
        asked = {(r.variable, r.interval) for p in cells for r in p.recordings}
        merged = replace(
            cells[0], label="all", size=SIZE * len(cells),
            parameters={"i_offset": np.concatenate([p.parameters["i_offset"] for p in cells])},
            initial={"v": np.concatenate([p.initial["v"] for p in cells])},
            recordings=tuple(
                Recording(v, np.concatenate([
                    r.index + offsets[p.label] for p in cells for r in p.recordings
                    if (r.variable, r.interval) == (v, i)]), i)
                for v, i in sorted(asked)),
        )
        joined = [
            replace(p, label="to all", post="all", post_index=p.post_index + offsets[p.post])
            for p in described.projections
        ]
        projection = replace(joined[0], **{
            name: np.concatenate([getattr(p, name) for p in joined])
            for name in ("pre_index", "post_index", "weight", "delay")})
        self.network = replace(described, populations=(source, merged), projections=(projection,))
        self.populations = {"source": ("source", 0, SIZE)} | {
            label: ("all", first, SIZE) for label, first in offsets.items()}
        self.projections = {
            p.label: ("to all", offsets[p.post], SIZE) for p in described.projections}

    def again(self, described: Network) -> Together:
        return Together(described)


def test_populations_put_together_are_read_and_changed_under_their_own_names() -> None:
    def described() -> Network:
        return network(every(0, 2), every(1, variable="spikes"), labels=("one", "two"))

    apart, merged = Toy(described()), Toy(described(), merge=Together(described()))
    edits: list[Edit] = [
        ParameterEdit("two", {"i_offset": np.array([1.0, 2.0, 3.0])}),
        SynapseEdit("to two", {"weight": np.array([1.0, 2.0, 3.0])}),
        RecordingEdit("one", (every(1),)),
    ]
    for session in (apart, merged):
        session.run(5)
        for edit in edits:
            session.edit(edit)
        session.run(6)
    assert merged.network.hash == apart.network.hash
    for label in ("one", "two"):
        for a, b in zip((*apart.signal(label, "v"), *apart.spikes(label)),
                        (*merged.signal(label, "v"), *merged.spikes(label)), strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(
            apart.weights(f"to {label}"), merged.weights(f"to {label}"))
    with pytest.raises(BetweenRunsError, match="share cores"):
        merged.edit(StateEdit("one", {"v": np.zeros(SIZE)}))


values = st.lists(st.integers(0, 4), min_size=SIZE, max_size=SIZE).map(
    lambda v: np.array(v, dtype=float))
changes = st.one_of(
    values.map(lambda v: ParameterEdit("cells", {"i_offset": v})),
    values.map(lambda v: StateEdit("cells", {"v": v})),
    values.map(lambda v: SynapseEdit("to cells", {"weight": v})),
    st.sets(st.integers(0, SIZE - 1), min_size=1).map(
        lambda index: RecordingEdit("cells", (every(*sorted(index)),))),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(changes, st.integers(1, 9)), max_size=12))
def test_a_reset_runs_what_a_fresh_session_of_the_edited_network_runs(script: list[Any]) -> None:
    first = network(every(0, 1, 2), every(0, 1, 2, variable="spikes"))
    session, edited = Toy(first), first
    for item in script:
        if isinstance(item, int):
            session.run(item)
        else:
            session.edit(item)
            edited = apply_edit(edited, item)
    assert session.network.hash == edited.hash
    session.reset()
    fresh = Toy(edited)
    for one in (session, fresh):
        one.run(8)
    for a, b in zip((*session.signal("cells", "v"), *session.spikes("cells")),
                    (*fresh.signal("cells", "v"), *fresh.spikes("cells")), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(session.weights("to cells"), fresh.weights("to cells"))
