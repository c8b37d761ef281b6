"""What neuroport does quicker than sPyNNaker gives exactly what sPyNNaker gives."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neuroport_spinnaker.toolchain.faster_lookups import _regions_of_a_core, quicker_rows

pytest.importorskip("spynnaker", reason="needs neuroport[spinnaker]")
synapse_io = pytest.importorskip("spynnaker.pyNN.models.neuron.synapse_io")
connectors = pytest.importorskip("spynnaker.pyNN.models.neural_projections.connectors")
dynamics = pytest.importorskip("spynnaker.pyNN.models.neuron.synapse_dynamics")
pytest.importorskip("spynnaker.pyNN.config_setup").unittest_setup()  # a time step, nothing else

ONE_BY_ONE = synapse_io._get_row_data
QUICK = quicker_rows(ONE_BY_ONE)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 255), st.integers(0, 40_000))),
    st.integers(1, 5),
    st.sampled_from([None, 4]),
)
def test_rows_are_the_same_words(synapses, most, pad):
    """Also empty rows, rows of more than fits, and rows that are filled up to a length."""
    connections = np.zeros(len(synapses), dtype=connectors.AbstractConnector.NUMPY_SYNAPSES_DTYPE)
    for k, (source, target, weight) in enumerate(synapses):
        connections[k] = (source, target, weight, 1 + k % 15, k % 2)
    rule = dynamics.SynapseDynamicsStatic(delay=1.0, pad_to_length=pad)
    words = max(most, pad or 0)
    arguments = (connections, connections["source"], 7, 2, rule, most, words, 256)
    np.testing.assert_array_equal(QUICK(*arguments), ONE_BY_ONE(*arguments))


def test_a_core_s_regions_are_the_same(tmp_path):
    from spinn_front_end_common.interface.ds import ds_sqllite_database as module

    original = module._DDL_FILE
    try:
        _regions_of_a_core(tmp_path)
        changed = module._DDL_FILE
    finally:
        module._DDL_FILE = original
    assert changed != original
    found = []
    for definition in (original, changed):
        with sqlite3.connect(":memory:") as database:
            database.executescript(Path(definition).read_text("utf-8"))
            database.execute("PRAGMA foreign_keys = OFF")
            for p in (1, 2):
                database.executemany(
                    "INSERT INTO region(region_num, x, y, p, reference_num, content, size, pointer)"
                    " VALUES (?, 0, 0, ?, ?, ?, 4, ?)",
                    [(n, p, 10 * p + n if n == 3 else None, b"same" if n else None, 100 * p + n)
                     for n in range(4)],
                )
            database.execute(
                "INSERT INTO reference(reference_num, region_num, x, y, p) VALUES (23, 7, 0, 0, 1)"
            )
            found.append(database.execute(
                "SELECT region_num, content, pointer FROM pointer_content_view"
                " WHERE x = 0 AND y = 0 AND p = 1 ORDER BY region_num"
            ).fetchall())
    assert found[0] == found[1]
    assert [row[0] for row in found[0]] == [0, 1, 2, 3, 7]
    assert found[0][-1][2] == 203
