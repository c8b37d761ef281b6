"""Recordings with other labels, or of parts of populations."""

from __future__ import annotations

import pytest

from neuroport.compare import ComparisonError, compare, from_spike_times, match_populations

RUN = {"m.IN": [[1.0], [2.0], [], [4.0]], "m.OUT": [[5.0], []], "other": [[7.0]]}


def run():
    return from_spike_times(RUN, name="run", stop=10.0)


def recorded(**trains):
    return from_spike_times(trains, name="recording", stop=10.0)


def test_parts_and_last_parts_of_labels_are_matched_and_told():
    made = recorded(cue=[[1.0]], content=[[], [4.0]], OUT=[[5.0]], unknown=[[1.0]])
    found = match_populations(run(), made, ["cue=m.IN[:1]", "content=m.IN[2:]"])
    trains = found.spikes("m.IN")
    assert trains.index.tolist() == [0, 2, 3]
    assert [t.tolist() for t in trains.times] == [[1.0], [], [4.0]]
    assert found.spikes("m.OUT").index.tolist() == [0, 1]  # silent cells are counted in
    assert set(found.populations) == {"m.IN", "m.OUT", "unknown"}
    told = found.provenance["populations matched"]
    assert "content is m.IN[2:4]" in told
    assert "OUT is m.OUT[0:2]" in told
    assert compare(run(), found).rungs[2].verdict == "identical"


def test_a_spike_that_differs_is_still_found():
    made = recorded(IN=[[1.0], [3.0], [], [4.0]])
    assert compare(run(), match_populations(run(), made)).rungs[2].verdict == "different"


def test_nothing_to_match_leaves_the_result_alone():
    made = from_spike_times(RUN, name="same", stop=10.0)
    assert match_populations(run(), made) is made


def test_ambiguous_and_too_large_labels_are_not_guessed():
    two = from_spike_times({"a.X": [[1.0]], "b.X": [[1.0]], "c.Y": [[1.0]]}, name="r", stop=5.0)
    made = recorded(X=[[1.0]], Y=[[1.0], [2.0]])
    assert set(match_populations(two, made).populations) == {"X", "Y"}


def test_all_wrong_matches_are_named_together():
    made = recorded(cue=[[1.0], [2.0]], OUT=[[5.0]], more=[[1.0]])
    with pytest.raises(ComparisonError) as caught:
        match_populations(run(), made, [
            "cu=m.IN", "cue=m.IM", "nonsense", "OUT=m.OUT[1:9]", "cue=m.IN[1:2]"])
    text = str(caught.value)
    for words in ("'recording' has no population 'cu', did you mean 'cue'", "did you mean 'm.IN'",
                  "'nonsense' cannot be read", "'m.OUT' has 2 cells", "the part has 1 cells"):
        assert words in text
    with pytest.raises(ComparisonError, match="both cells 1 to 1"):
        match_populations(run(), made, ["cue=m.IN[:2]", "more=m.IN[1:]"])
