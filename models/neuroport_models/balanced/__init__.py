"""Balanced random networks, the usual test cases of simulators: Vogels & Abbott, Brunel."""
