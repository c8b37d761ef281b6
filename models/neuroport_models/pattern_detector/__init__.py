"""A spiking detector of spatial patterns, trained by STDP and scaled by homeostasis.

Davies, Gait, Rowley, Di Nuovo, "Supervised learning of spatial features with STDP and homeostasis
using spiking neural networks on SpiNNaker", Neurocomputing 611 (2025) 128650, arXiv:2312.02659.
"""

from neuroport_models.pattern_detector.detector import (
    NoFactorError,
    PatternDetector,
    Trained,
    train_detectors,
    try_detectors,
)
from neuroport_models.pattern_detector.metrics import Metrics, measure
from neuroport_models.pattern_detector.weights import Weights

__all__ = [
    "Metrics",
    "NoFactorError",
    "PatternDetector",
    "Trained",
    "Weights",
    "measure",
    "train_detectors",
    "try_detectors",
]
