"""What PyNN has and neuroport has not, with the nearest that it has."""

from __future__ import annotations

from neuroport.errors import Problem, UnsupportedError

__all__ = ["UNSUPPORTED", "UnsupportedNameError", "unsupported"]

UNSUPPORTED: dict[str, tuple[str, str]] = {
    # name -> (kind, nearest supported)
    "IF_facets_hardware1": ("cell type", "IF_cond_exp"),
    "SpikeSourceInhGamma": ("cell type", "SpikeSourcePoisson"),
    "MultiCompartmentNeuron": ("cell type", "PointNeuron"),
    "CondBetaPostSynapticResponse": ("post-synaptic response", "CondAlphaPostSynapticResponse"),
    "ElectricalSynapse": ("synapse type", "StaticSynapse"),
    # An engine's own models, under its own names.
    "native_cell_type": ("native model", ""),
    "NativeCellType": ("native model", ""),
    "native_synapse_type": ("native model", ""),
    "NativeSynapseType": ("native model", ""),
    "native_electrode_type": ("native model", ""),
    "NativeElectrodeType": ("native model", ""),
    # Drawn inside an engine, so never the same on two of them.
    "NativeRNG": ("random number generator", "NumpyRNG"),
}


# Models of NEST's that are the same as one of PyNN's: scripts ask for them by NEST's name.
_SAME_IN_NEST = {
    "iaf_psc_exp": "IF_curr_exp", "iaf_psc_alpha": "IF_curr_alpha",
    "iaf_psc_delta": "IF_curr_delta",
    "iaf_cond_exp": "IF_cond_exp", "iaf_cond_alpha": "IF_cond_alpha",
    "iaf_cond_exp_sfa_rr": "IF_cond_exp_gsfa_grr", "aeif_cond_exp": "EIF_cond_exp_isfa_ista",
    "aeif_cond_alpha": "EIF_cond_alpha_isfa_ista", "izhikevich": "Izhikevich",
    "gif_cond_exp": "GIF_cond_exp", "static_synapse": "StaticSynapse",
    "tsodyks_synapse": "TsodyksMarkramSynapse", "bernoulli_synapse": "SimpleStochasticSynapse",
    "quantal_stp_synapse": "MultiQuantalSynapse", "stdp_synapse": "STDPMechanism",
    "dc_generator": "DCSource", "ac_generator": "ACSource", "noise_generator": "NoisyCurrentSource",
    "step_current_generator": "StepCurrentSource",
}


def _native(name: str) -> UnsupportedError:
    return UnsupportedError(
        Problem(
            f"'{name}' makes models that only one engine has, and neuroport has none of them",
            limit="PyNN's models, which run on every backend",
            fix="the same models under PyNN's names: "
            + ", ".join(f"{theirs} is {ours}" for theirs, ours in _SAME_IN_NEST.items())
            + "; or write your own with sim.cell_by_equations(...) or "
            "sim.synapse_by_equations(...)",
        )
    )


def unsupported(name: str, kind: str, available: list[str]) -> UnsupportedError:
    """Return the error for something that PyNN has and neuroport has not."""
    if kind == "native model":
        return _native(name)
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
