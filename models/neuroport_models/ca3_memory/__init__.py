"""A spiking content-addressable memory after the hippocampal area CA3.

Casanueva-Morato, Ayuso-Martinez, Dominguez-Morales, Jimenez-Fernandez, Jimenez-Moreno,
"A bio-inspired spike-based hippocampal content-addressable memory", Neural Networks 2024,
art. 106474, arXiv:2310.05868.
"""

from neuroport_models.ca3_memory.memory import CA3Memory, SpacingWarning
from neuroport_models.ca3_memory.operations import Operation, Outcome

__all__ = ["CA3Memory", "Operation", "Outcome", "SpacingWarning"]
