"""Two look-ups of sPyNNaker 7.4.1 whose time grows with the square of the network.

Both give what sPyNNaker's own give, in their order; they change nothing but the time. Where
another release has other code, it keeps its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


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
    """Sort a core's synapses into rows once, instead of searching all of them for each row."""
    import numpy
    from spynnaker.pyNN.models.neuron.synapse_dynamics import abstract_sdram_synapse_dynamics

    def rows(dynamics: Any, row_of: Any, n_rows: int, data: Any, most: int) -> list[Any]:
        order = numpy.argsort(row_of, kind="stable")
        borders = numpy.searchsorted(row_of[order], numpy.arange(n_rows + 1))
        parts = numpy.split(data[order], borders)[1:-1]
        return [row[:most].reshape(-1) for row in parts]

    owner = abstract_sdram_synapse_dynamics.AbstractSDRAMSynapseDynamics
    if hasattr(owner, "convert_per_connection_data_to_rows"):
        owner.convert_per_connection_data_to_rows = rows
