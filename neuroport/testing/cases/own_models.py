"""Models of a user's own: composed cells, cells and synapses by equations.

Each is written so that it is one of the standard models, whose expectation it is held against.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from neuroport.backend.capabilities import Capabilities, CellCapability
from neuroport.testing.case import Case, Setting, honoured
from neuroport.testing.cases.carrier import RUNS, plain
from neuroport.testing.cases.cells import QUIET, SAMPLES, CellPart, needs
from neuroport.testing.cases.plasticity import PlasticPart, learnt
from neuroport.testing.judges import spikes_like, trace

__all__ = ["cases"]

_COMPOSED = {"leaky": ("IF_cond_exp", "LIF"), "adaptive_exponential": (
    "EIF_cond_exp_isfa_ista", "AdExp")}


class ComposedPart(CellPart):
    """A membrane composed with two conductances."""

    def cell_type(self, sim: Any) -> Any:
        """Return the standard cell, put together from its parts."""
        p = self.parameters
        membrane = getattr(sim, dict(_COMPOSED.values())[self.cell])
        return sim.PointNeuron(
            membrane(**{k: v for k, v in p.items() if not k.startswith(("tau_syn", "e_rev"))}),
            excitatory=sim.CondExpPostSynapticResponse(tau_syn=p["tau_syn_E"], e_syn=p["e_rev_E"]),
            inhibitory=sim.CondExpPostSynapticResponse(tau_syn=p["tau_syn_I"], e_syn=p["e_rev_I"]))


class EquationsPart(CellPart):
    """IF_curr_exp, written as equations."""

    def cell_type(self, sim: Any) -> Any:
        """Return the cell."""
        return sim.cell_by_equations(
            "Leaky", derivatives={"v": "(v_rest - v)/tau_m + I/cm"}, threshold="v >= v_thresh",
            reset="v = v_reset", refractory="tau_refrac", parameters=dict(self.parameters),
            initial={"v": -65.0},
            receptors={"excitatory": {"kind": "current_exp", "tau": "tau_syn_E"},
                       "inhibitory": {"kind": "current_exp", "tau": "tau_syn_I"}})()


class EquationsSynapsePart(PlasticPart):
    """The pair rule with additive weights, written as equations; its delay is axonal."""

    def mechanism(self, sim: Any, start: float, delay: float) -> Any:
        """Return the synapse type."""
        p = {k: float(v[0]) for k, v in self.parameters().items()}
        p |= {"up": p.pop("A_plus") * p["w_max"], "down": p.pop("A_minus") * p["w_max"]}
        return sim.synapse_by_equations(
            "Pairs", parameters=p, decays={"before": "tau_plus", "after": "tau_minus"},
            on_presynaptic="weight = clip(weight - down*after, w_min, w_max); before = before + 1",
            on_postsynaptic="weight = clip(weight + up*before, w_min, w_max); after = after + 1",
        )(weight=start, delay=delay)


def _part(
    kind: type[CellPart], capabilities: Capabilities, have: CellCapability, cell: str, label: str
) -> tuple[CellPart, Any]:
    setting = Setting(honoured(capabilities, have.numerics),
                      0.1 if have.scheme and capabilities.kind == "simulation" else 1.0,
                      (30.0, 20.0, 30.0))
    sample = SAMPLES[cell]
    part = kind(label, setting, cell, sample.base, {"v": sample.initial["v"]}, 2, ("spikes", "v"))
    quiet = round(QUIET / setting.timestep)
    judges = (trace("v", 1, quiet=quiet, scheme=have.scheme),
              spikes_like("spikes", 1, scheme=have.scheme, steps=round(1 / setting.timestep)))
    return part, lambda outcome: next((s for judge in judges if (s := judge(outcome))), "")


def cases(capabilities: Capabilities) -> Iterator[Case]:
    """Yield the cases."""
    lacks = needs(capabilities)
    kinds: list[tuple[str, type[CellPart], CellCapability | None, str]] = [
        (f"composed {name} membrane", ComposedPart, capabilities.composed_cells.get(name), cell)
        for name, (cell, _) in _COMPOSED.items()]
    kinds.append(("cell by equations", EquationsPart, capabilities.cells_by_equations,
                  "IF_curr_exp"))
    for feature, kind, have, cell in kinds:
        if have is None or lacks:
            yield Case("own model", feature, lacks or feature)
            continue
        part, judge = _part(kind, capabilities, have, cell, feature)
        yield Case("own model", feature, part=part, judge=judge)
    missing, found, _ = plain(capabilities)
    synapse = capabilities.synapses_by_equations
    if synapse is None or missing:
        yield Case("own model", "synapse by equations", missing or "synapse by equations")
        return
    setting = Setting(honoured(capabilities, capabilities.cells[found.cell].numerics,
                               synapse.numerics), runs=RUNS)
    yield Case("own model", "synapse by equations", part=EquationsSynapsePart(
        "synapse by equations", setting, found, "pair", "additive", fraction=0.0), judge=learnt)
