"""Checks of a realised network against SpiNNaker, each a function ``(Case) -> findings``."""
