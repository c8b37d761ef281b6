"""Shapes of machines: links, boards, tables, and a network that spans several boards."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import Board, GeometryError
from neuroport_spinnaker.board.geometry import LINK_STEPS, geometry

SHAPES = [(4, 1), (48, 1), (48, 2), (48, 3), (48, 4), (48, 6), (48, 12), (48, 24)]


@pytest.mark.parametrize(("chips", "boards"), SHAPES)
def test_links_lead_back_and_boards_do_not_overlap(chips: int, boards: int) -> None:
    shape = geometry(chips, boards)
    assert len(shape.chips) == len(set(shape.chips)) == chips * boards
    assert all(0 <= x < shape.width and 0 <= y < shape.height for x, y in shape.chips)
    for chip in shape.chips:
        for link in range(len(LINK_STEPS)):
            there = shape.neighbour(chip, link)
            if there is not None:
                assert shape.neighbour(there, (link + 3) % 6) == chip


@pytest.mark.parametrize("boards", [3, 6, 12, 24])
def test_whole_triads_are_a_torus_without_edge(boards: int) -> None:
    shape = geometry(48, boards)
    assert shape.width * shape.height == 48 * boards
    assert all(
        shape.neighbour(chip, link) is not None for chip in shape.chips for link in range(6)
    )


@pytest.mark.parametrize(("chips", "boards"), SHAPES[:5])
def test_a_packet_that_follows_the_tables_arrives(chips: int, boards: int) -> None:
    shape = geometry(chips, boards)
    tables = {chip: shape.routes_from(chip) for chip in shape.chips}
    for target in shape.chips[:: max(1, len(shape.chips) // 7)]:
        for start in shape.chips:
            here, hops = start, 0
            while here != target:
                there = shape.neighbour(here, tables[here][target])
                assert there is not None
                here, hops = there, hops + 1
                assert hops <= shape.width + shape.height


SPINNMACHINE = """
import json, sys
from spinn_machine.config_setup import unittest_setup
from spinn_machine.version.version_3 import Version3
from spinn_machine.version.version_5 import Version5
unittest_setup()
answers = []
for chips, width, height in json.loads(sys.argv[1]):
    version = Version3() if chips == 4 else Version5()
    machine = version.create_machine(width, height)
    answers.append({
        "over": [[list(machine.xy_over_link(x, y, link)) for link in range(6)]
                 for x in range(width) for y in range(height)],
        "ethernets": list(version.get_potential_ethernet_chips(width, height)),
        "board": list(version.chip_core_map)})
print(json.dumps(answers))
"""


def test_shapes_are_those_of_spinnmachine(spynnaker_python: str) -> None:
    """The tool-chain's own tables are the oracle for links, boards and Ethernet chips."""
    shapes = [geometry(*shape) for shape in SHAPES]
    asked = [(4 if s.version == 3 else 48, s.width, s.height) for s in shapes]
    done = subprocess.run(
        [spynnaker_python, "-c", SPINNMACHINE, json.dumps(asked)],
        capture_output=True, text=True, check=True,
    )
    for shape, answer in zip(shapes, json.loads(done.stdout.splitlines()[-1]), strict=True):
        for x, y in shape.chips:
            for link in range(6):
                there = shape.neighbour((x, y), link)
                assert there is None or list(there) == answer["over"][x * shape.height + y][link]
        starts = {tuple(start) for start in answer["ethernets"]}
        assert {board[0] for board in shape.boards} <= starts
        if shape.wraps:
            assert len(shape.boards) == len(starts)
        for board in shape.boards:
            x0, y0 = board[0]
            local = {((x - x0) % shape.width, (y - y0) % shape.height) for x, y in board}
            assert local == set(map(tuple, answer["board"]))


def test_impossible_machines_are_named() -> None:
    with pytest.raises(GeometryError, match="1 to 24"):
        geometry(48, 25)
    with pytest.raises(GeometryError, match="cannot be joined"):
        Board(chips=4, boards=2)


def test_each_board_has_an_address_of_its_own() -> None:
    with Board(boards=3) as machine:
        assert len(set(machine.hosts)) == 3
        assert machine.host == machine.hosts[0]
        assert machine.configuration_lines() == [f"machine_name = {machine.host}", "version = 5"]
        assert machine.report().boards == 3
        taken = machine.hosts[1]
        with pytest.raises(board_module.AddressUnavailableError, match=taken):
            Board(host=taken).start()
    with Board(host=taken) as again:  # every address is free again
        assert again.host == taken


RING = """
places = {places}
sim.setup(1.0)
populations = []
for number, place in enumerate(places):
    p = sim.Population(20, sim.IF_curr_exp(i_offset=0.0 if number else 2.0))
    if {spread}:
        p.add_placement_constraint(*place)
    p.record(["spikes", "v"])
    populations.append(p)
for a, b in zip(populations, populations[1:] + populations[:1]):
    sim.Projection(a, b, sim.OneToOneConnector(), sim.StaticSynapse(8.0, 2.0))
sim.run(150)
spikes = [spikes_of(p) for p in populations]
text = json.dumps([spikes, [fixed(p, "v") for p in populations]])
from spynnaker.pyNN.data import SpynnakerDataView
used = sorted({{(p.x, p.y) for p in SpynnakerDataView.iterate_placemements()}})
answer(hash=hashlib.sha256(text.encode()).hexdigest(), used=used,
       spikes=[sum(map(len, s)) for s in spikes])
sim.end()
"""
PLACES = [[0, 0], [4, 8], [8, 4], [11, 11], [3, 3]]  # 11,11 is reached over the torus's edge


FLAT = [[0, 0], [4, 8], [7, 7], [5, 9], [3, 3]]  # on two boards, which have an edge


@pytest.mark.slow
def test_a_network_over_several_boards(run_network: Callable[..., dict[str, Any]]) -> None:
    near = run_network(RING.format(places=PLACES, spread=False))
    assert near["used"] == [[0, 0]]
    assert min(near["spikes"]) > 100
    for places, boards, monitors in ((PLACES, 3, True), (FLAT, 2, False)):
        far = run_network(
            RING.format(places=places, spread=True), chips=48, boards=boards, monitors=monitors
        )
        assert set(map(tuple, places)) <= set(map(tuple, far["used"]))
        assert far["hash"] == near["hash"]
        assert far["report"].boards == boards
        assert not far["report"].findings()
