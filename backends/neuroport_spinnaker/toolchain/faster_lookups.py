"""Two look-ups of sPyNNaker 7.4.1 whose time grows with the square of the network.

Both give what sPyNNaker's own give, in their order; they change nothing but the time. Where
another release has other code, it keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

_SIZES = 3  # words at the start of a row


def quicken(folder: Path) -> None:
    """Take their place in this process.

    Parameters
    ----------
    folder : Path
        A folder of this process's own, for the changed definition of the database.
    """
    _regions_of_a_core(folder)
    _rows_of_synapses()


def _regions_of_a_core(folder: Path) -> None:
    """Let the database look for one core's regions among that core's only.

    The view joins references and regions with UNION, which drops doubles: to find them SQLite sorts
    all regions of all cores, contents included, for each core that is loaded. There are no doubles
    (a core's region is one or the other), and with UNION ALL it uses the primary keys.
    """
    from spinn_front_end_common.interface.ds import ds_sqllite_database as module

    text = Path(module._DDL_FILE).read_text("utf-8")
    before = "UNION\nSELECT x, y, p, region_num, pointer, content FROM region;"
    if text.count(before) == 1:
        changed = folder / "dse.sql"
        changed.write_text(text.replace(before, before.replace("UNION", "UNION ALL")), "utf-8")
        module._DDL_FILE = str(changed)


def _rows_of_synapses() -> None:
    """Pack a core's rows of static synapses all at once, instead of each by itself.

    The synapses are still packed by sPyNNaker; only their arrangement is made here.
    """
    from spynnaker.pyNN.models.neuron import synapse_io

    synapse_io._get_row_data = quicker_rows(synapse_io._get_row_data)


def quicker_rows(one_by_one: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does what sPyNNaker's ``_get_row_data`` does, static rows at once.

    A row is three sizes (plastic words, static synapses, plastic synapses), the packed synapses in
    their order, and zeros up to the length of all rows; what is more than fits is left out.
    """
    import numpy
    from spynnaker.pyNN.models.neuron.synapse_dynamics import SynapseDynamicsStatic

    own = SynapseDynamicsStatic.get_static_synaptic_data

    def rows(connections: Any, row_of: Any, n_rows: int, n_types: int, dynamics: Any, most: int,
             words: int, per_core: int) -> Any:
        if (
            getattr(type(dynamics), "get_static_synaptic_data", None) is not own
            or dynamics.get_n_words_for_static_connections(1) != 1  # rows are filled up
        ):
            return one_by_one(connections, row_of, n_rows, n_types, dynamics, most, words, per_core)
        order = numpy.argsort(row_of, kind="stable")
        row = row_of[order].astype(numpy.int64)
        together = numpy.zeros(len(row), dtype=row_of.dtype)
        packed = dynamics.get_static_synaptic_data(
            connections[order], together, 1, n_types, len(row), per_core
        )[0][0]
        counts = numpy.bincount(row, minlength=n_rows)
        place = numpy.arange(len(row)) - (numpy.cumsum(counts) - counts)[row]
        fits = place < most
        table = numpy.zeros((n_rows, _SIZES + words), dtype=numpy.uint32)
        table[:, 1] = numpy.minimum(counts, most)
        table[row[fits], _SIZES + place[fits]] = packed[fits]
        return table.reshape(-1)

    return rows
