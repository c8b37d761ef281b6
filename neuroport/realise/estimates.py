"""What can be told of a connector before its synapses are made."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN import connectors
from pyNN.random import RandomDistribution

from neuroport.realise.streams import is_default_rng

__all__ = ["estimate_synapses", "uses_script_rng"]


def estimate_synapses(connector: Any, n_pre: int, n_post: int) -> float:
    """Return about how many synapses a connector will make, without making them.

    An upper bound (all pairs) where it cannot be known beforehand.
    """
    pairs = float(n_pre) * n_post
    if isinstance(connector, connectors.OneToOneConnector):
        return float(min(n_pre, n_post))
    if isinstance(connector, connectors.FixedProbabilityConnector):
        return pairs * min(1.0, max(0.0, float(connector.p_connect)))
    if isinstance(connector, connectors.FixedTotalNumberConnector):
        return float(_mean(connector.n))
    if isinstance(connector, connectors.FixedNumberPreConnector):
        return float(_mean(connector.n) * n_post)
    if isinstance(connector, connectors.FixedNumberPostConnector):
        return float(_mean(connector.n) * n_pre)
    if isinstance(connector, connectors.FromFileConnector):
        return 0.0
    if isinstance(connector, connectors.FromListConnector):
        return float(len(connector.conn_list))
    if isinstance(connector, connectors.CloneConnector):
        return float(len(connector.reference_projection))
    if isinstance(connector, connectors.ArrayConnector):
        return float(np.count_nonzero(connector.array))
    if isinstance(connector, connectors.AllToAllConnector):
        return pairs
    return pairs


def _mean(n: Any) -> float:
    if isinstance(n, RandomDistribution):
        return float(n.parameters.get("mu", n.parameters.get("high", 1)))
    return float(n)


def uses_script_rng(connector: Any) -> bool:
    """Tell whether the script passed its own generator to a connector."""
    return not is_default_rng(getattr(connector, "rng", None))
