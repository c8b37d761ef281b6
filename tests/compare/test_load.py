"""Recordings from every supported source, and what is refused."""

from __future__ import annotations

import json

import neo
import numpy as np
import pytest
import quantities as pq

from neuroport.compare import (
    InvalidResultError,
    RecordingFormatError,
    Result,
    UnsafeFileError,
    Verdict,
    compare,
    from_events,
    from_spike_times,
    load,
    make_block,
    save_npz,
)

SPIKES = {"out": [[1.0, 5.0], [], [3.0]], "cue": [[2.0], [2.0, 7.0]]}


def same_spikes(a: Result, b: Result) -> bool:
    return a.populations == b.populations and all(
        np.array_equal(a.spikes(p).index, b.spikes(p).index)
        and all(np.array_equal(x, y) for x, y in zip(a.spikes(p).times, b.spikes(p).times,
                                                     strict=True))
        for p in a.populations)


def test_spike_lists_rows_events_and_csv_give_the_same_result(tmp_path):
    lists = from_spike_times(SPIKES, stop=10.0)
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"run": {"recorded": SPIKES}}))
    assert same_spikes(lists, load(path, key=("run", "recorded"), stop=10.0))
    rows = {"out": [[1, [0]], [3, [2]], [5, [0]]], "cue": [[2, [0, 1]], [7, [1]]]}
    path.write_text(json.dumps(rows))
    from_rows = load(path, stop=10.0)
    assert same_spikes(lists, from_rows)
    assert "guessed" in from_rows.provenance["population sizes"]
    text = tmp_path / "a.csv"
    text.write_text("population,neuron,time_ms\n" + "".join(
        f"{p},{n},{t}\n" for p, trains in SPIKES.items() for n, ts in enumerate(trains)
        for t in ts))
    assert same_spikes(lists, load(text, stop=10.0))
    assert load(text, stop=10.0, sizes={"out": 5, "cue": 2}).spikes("out").size == 5


def test_guessed_window_is_stated():
    result = from_spike_times(SPIKES)
    assert result.spikes("out").stop == 8.0
    assert "guessed" in result.provenance["recorded window"]


def test_neo_file_keeps_neuron_numbers_and_units(tmp_path):
    block = neo.Block(name="cells", size=6)
    segment = neo.Segment()
    block.segments.append(segment)
    for number in (4, 1):
        segment.spiketrains.append(neo.SpikeTrain(
            [0.001, 0.005], units="s", t_stop=0.01 * pq.s, source_index=number))
    segment.analogsignals.append(neo.AnalogSignal(
        np.full((10, 2), -0.065), units="V", sampling_period=1 * pq.ms, name="v"))
    path = tmp_path / "cells.mat"
    neo.io.NeoMatlabIO(str(path)).write_block(block)
    result = load(path, timestep=0.1)
    spikes = result.spikes("cells")
    assert spikes.index.tolist() == [1, 4] and spikes.size == 6 and spikes.stop == 10.0
    # seconds to milliseconds in doubles: exact to 1e-12 ms
    assert np.allclose(spikes.times[0], [1.0, 5.0], rtol=0, atol=1e-12)
    signal = result.signals("cells")["v"]
    assert signal.unit == "mV" and signal.values[0, 0] == pytest.approx(-65.0, abs=1e-12)
    assert result.timestep == 0.1


def test_pickles_are_refused_unless_trusted(tmp_path):
    path = tmp_path / "cells.pkl"
    neo.io.PickleIO(str(path)).write_block(make_block("cells", SPIKES["out"], stop=10.0))
    with pytest.raises(UnsafeFileError, match="allow_pickle"):
        load(path)
    assert load(path, allow_pickle=True).spikes("cells").count == 3


def test_npz_round_trip_keeps_everything(tmp_path, full):
    result = full(lsb=0.001, weight_resolution=0.01, delay_resolution=1.0)
    path = tmp_path / "run.npz"
    save_npz(result, path)
    again = load(path, name="again")
    comparison = compare(result, again)
    assert comparison.verdict is Verdict.IDENTICAL
    assert [r.verdict for r in comparison.rungs] == [Verdict.IDENTICAL] * 6
    assert again.resolution == {"cells": {"v": 0.001}}
    assert again.structure.projections["in -> cells"].weight_resolution == 0.01
    assert again.structure.projections["cells -> out"].weight_bounds == (0.0, 1.2)
    assert again.command == "run it" and again.provenance == {"seed": 3}


@pytest.mark.parametrize(("text", "message"), [
    ("not json", "not JSON"), ("[1, 2]", "not a mapping"), ('{"a": 3}', "not a mapping")])
def test_broken_json_is_named(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(RecordingFormatError, match=message):
        load(path)


def test_missing_key_lists_the_keys_that_exist(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"run one": {}, "run two": {}}')
    with pytest.raises(RecordingFormatError, match="run one, run two"):
        load(path, key="run 1")


def test_broken_csv_names_the_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("population,neuron,time_ms\na,0,1.0\na,x,2.0\n")
    with pytest.raises(RecordingFormatError, match="line 3"):
        load(path)
    path.write_text("population,time\n")
    with pytest.raises(RecordingFormatError, match="columns"):
        load(path)


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(RecordingFormatError, match="no such file"):
        load(tmp_path / "nowhere.npz")
    (tmp_path / "a.npz").write_bytes(b"nonsense")
    with pytest.raises(RecordingFormatError, match="not a result file"):
        load(tmp_path / "a.npz")


def test_contradicting_recordings_are_refused():
    with pytest.raises(InvalidResultError, match="window"):
        from_spike_times({"a": [[11.0]]}, stop=10.0)
    with pytest.raises(InvalidResultError, match="neuron numbers 0 to 3"):
        from_events({"a": ([0, 3], [1.0, 2.0])}, sizes={"a": 2}, stop=10.0)
    with pytest.raises(InvalidResultError, match="timestep"):
        from_spike_times({"a": [[1.0]]}, timestep=0.0)
    with pytest.raises(InvalidResultError, match="at least one population"):
        from_spike_times({})
    block = make_block("a", [[1.0], [2.0]], stop=10.0, index=[3, 3])
    with pytest.raises(InvalidResultError, match="more than one spike train"):
        Result("x", {"a": block}, 1.0)
    block = make_block("a", [[1.0]], stop=10.0)
    block.segments.append(neo.Segment())
    with pytest.raises(InvalidResultError, match="2 segments"):
        Result("x", {"a": block}, 1.0)
