"""What PyNN has and neuroport has not, with the nearest that it has."""

from __future__ import annotations

from neuroport.errors import Problem, UnsupportedError

__all__ = ["UNSUPPORTED", "UnsupportedNameError", "unsupported"]

UNSUPPORTED: dict[str, tuple[str, str]] = {
    # name -> (kind, nearest supported)
    "IF_cond_exp_gsfa_grr": ("cell type", "EIF_cond_exp_isfa_ista"),
    "IF_facets_hardware1": ("cell type", "IF_cond_exp"),
    "GIF_cond_exp": ("cell type", "EIF_cond_exp_isfa_ista"),
    "SpikeSourceInhGamma": ("cell type", "SpikeSourcePoisson"),
    "MultiCompartmentNeuron": ("cell type", "PointNeuron"),
    "CondBetaPostSynapticResponse": ("post-synaptic response", "CondAlphaPostSynapticResponse"),
    "SimpleStochasticSynapse": ("synapse type", "StaticSynapse"),
    "StochasticTsodyksMarkramSynapse": ("synapse type", "TsodyksMarkramSynapse"),
    "MultiQuantalSynapse": ("synapse type", "TsodyksMarkramSynapse"),
    "ElectricalSynapse": ("synapse type", "StaticSynapse"),
    "CSAConnector": ("connector", "FromListConnector"),
    # Drawn inside an engine, so never the same on two of them.
    "NativeRNG": ("random number generator", "NumpyRNG"),
}


def unsupported(name: str, kind: str, available: list[str]) -> UnsupportedError:
    """Return the error for something that PyNN has and neuroport has not."""
    near = UNSUPPORTED.get(name, ("", ""))[1]
    return UnsupportedError(
        Problem(
            f"neuroport has no {kind} '{name}'",
            limit=f"{kind}s it has: {', '.join(sorted(available))}",
            fix=(f"the nearest is {near}; " if near else "")
            + (
                "or write your own with sim.cell_by_equations(...)"
                if kind == "cell type"
                else "or write your own with sim.synapse_by_equations(...)"
                if kind == "synapse type"
                else "use one of those listed"
            ),
        )
    )


class UnsupportedNameError(UnsupportedError, AttributeError):
    """A name of PyNN's that neuroport does not have; ``hasattr`` and ``getattr`` ask for some."""
