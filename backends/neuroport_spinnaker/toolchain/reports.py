"""What sPyNNaker chose, where everything lies, and where the time went. Runs in the child."""

from __future__ import annotations

from typing import Any

__all__ = ["phases", "places", "report"]


def phases(waited: float, queued: float) -> dict[str, float]:
    """Return the seconds of sPyNNaker's stages so far, by its own clock.

    Parameters
    ----------
    waited, queued : float
        Seconds of waiting: for the machine to run, and for a server to hand one out.
    """
    from spinn_front_end_common.interface.provenance import (
        GlobalProvenance,
        TimerCategory,
        TimerWork,
    )

    with GlobalProvenance() as db:
        spent = {c: db.get_category_timer_sum(c) * 1e-3 for c in TimerCategory}
        machine = db.get_timer_sum_by_work(TimerWork.GET_MACHINE) * 1e-3
    return {
        "waiting for a machine": queued,  # asked for while it is mapped
        "machine": machine,  # its shape is asked for while it is mapped
        "mapping": max(0.0, spent[TimerCategory.MAPPING] - machine - queued),
        "loading": spent[TimerCategory.LOADING],
        "simulation": waited,
        "reading back": max(0.0, spent[TimerCategory.RUN_LOOP] - waited),
    }


def places(view: Any, populations: list[Any]) -> list[dict[str, Any]]:
    """Return every core; ``of``: the population that it serves, also by delaying its spikes."""
    names = {id(p._vertex): p.label for p in populations}
    cores = []
    for place in view.iterate_placemements():
        vertex = place.vertex
        owner = getattr(vertex, "app_vertex", None)
        delayed = names.get(id(getattr(owner, "source_vertex", None)), "")
        piece = getattr(vertex, "vertex_slice", None)
        cores.append({
            "x": int(place.x), "y": int(place.y), "p": int(place.p),
            "label": str(vertex.label), "population": names.get(id(owner), ""),
            "delayed": delayed, "of": names.get(id(owner), delayed),
            "first": int(piece.lo_atom) if piece is not None else 0,
            "last": int(piece.hi_atom) if piece is not None else 0,
        })
    return cores


def report(view: Any, populations: list[Any], steps: int) -> dict[str, Any]:
    """Return where everything lies, and what sPyNNaker chose."""
    cores = []
    for place, core in zip(view.iterate_placemements(), places(view, populations), strict=True):
        vertex = place.vertex
        cores.append({
            **core, "kind": type(vertex).__name__,
            "sdram": int(vertex.sdram_required.get_total_sdram(steps)),
        })
    tables = view.get_uncompressed()
    compressed = _compressed(view)
    machine = view.get_machine()
    scales = []
    for p in populations:
        vertex = p._vertex
        if hasattr(vertex, "get_ring_buffer_shifts"):
            shifts = [int(s) for s in vertex.get_ring_buffer_shifts()]
            factors = [float(w) for w in vertex.get_weight_scales(shifts)]
            scales.append({"population": p.label, "shifts": shifts, "factors": factors})
    return {
        "cores": cores,
        "routing": [
            {"x": int(t.x), "y": int(t.y), "entries": int(t.number_of_entries),
             "compressed": compressed.get((int(t.x), int(t.y)))}
            for t in tables
        ],
        "machine": {
            "chips": int(machine.n_chips), "width": int(machine.width),
            "height": int(machine.height),
            "boards": len(list(machine.ethernet_connected_chips)),
            "cores": int(machine.total_available_user_cores),
            "coordinates": [[int(c.x), int(c.y), int(c.n_placable_processors)]
                            for c in machine.chips],
        },
        "scales": scales,
    }


def _compressed(view: Any) -> dict[tuple[int, int], int]:
    """Return the routing entries of each chip after compression; none where it fails."""
    from pacman.operations.router_compressors import pair_compressor
    from spinn_utilities.config_holder import get_config_str, set_config

    # Otherwise it leaves tables as they are that fit.
    option = ("Mapping", "router_table_compress_as_far_as_possible")
    before = get_config_str(*option)
    set_config(*option, "True")
    try:
        tables = pair_compressor(accept_overflow=True)
    except Exception:
        return {}
    finally:
        set_config(*option, before)
    return {(int(t.x), int(t.y)): int(t.number_of_entries) for t in tables}
