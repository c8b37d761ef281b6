"""CSAConnector with a stand-in for the package csa, and models that only one engine has."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import neuroport
from neuroport import errors


class Block:
    """What csa.cross returns: a finite part of all pairs."""

    def __init__(self, pre, post):
        self.pre, self.post = pre, post

    def __mul__(self, cset):
        return [row for row in cset.rows
                if self.pre[0] <= row[0] <= self.pre[1] and self.post[0] <= row[1] <= self.post[1]]


class ConnectionSet:
    """An infinite set of which some rows are known; csa lists columns first, too."""

    __module__ = "csa.connset"

    def __init__(self, rows):
        self.rows = rows


@pytest.fixture
def csa(monkeypatch):
    module = ModuleType("csa")
    module.cross = Block
    module.arity = lambda cset: len(cset.rows[0]) - 2
    monkeypatch.setitem(sys.modules, "csa", module)
    return module


def project(rows):
    sim = neuroport.simulator("brian2", timestep=1.0)
    a, b = sim.Population(3, sim.IF_curr_exp()), sim.Population(2, sim.IF_curr_exp())
    made = sim.Projection(a, b, sim.CSAConnector(ConnectionSet(rows)),
                          sim.StaticSynapse(weight=0.25, delay=2.0))
    return made.get(["weight", "delay"])


def test_connections_and_values_of_a_connection_set(csa):
    assert project([(2, 0), (0, 1), (5, 0), (0, 0)]) == [
        (0, 0, 0.25, 2.0), (0, 1, 0.25, 2.0), (2, 0, 0.25, 2.0)]
    assert project([(1, 0, 0.5, 4.0), (0, 1, 0.75, 3.0), (0, 2, 9.0, 9.0)]) == [
        (0, 1, 0.75, 3.0), (1, 0, 0.5, 4.0)]


def test_what_is_no_connection_set_is_refused(csa, monkeypatch):
    sim = neuroport.simulator("brian2")
    with pytest.raises(errors.ConnectorError, match="no connection set"):
        sim.CSAConnector(3)
    with pytest.raises(errors.ConnectorError, match="too many or too few"):
        sim.CSAConnector(ConnectionSet([(0, 0, 1.0)]))
    monkeypatch.delitem(sys.modules, "csa")
    with pytest.raises(errors.ConnectorError, match="pip install csa"):
        sim.CSAConnector(ConnectionSet([(0, 0)]))


@pytest.mark.parametrize("name", ["native_cell_type", "native_synapse_type",
                                  "native_electrode_type", "NativeCellType"])
def test_native_models_are_refused_by_name_with_pynns_own(name):
    sim = neuroport.simulator("brian2")
    assert not hasattr(sim, name)
    with pytest.raises(errors.UnsupportedError, match="iaf_cond_exp_sfa_rr is IF_cond_exp_gsfa"):
        getattr(sim, name)
