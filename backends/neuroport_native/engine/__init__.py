"""Kernels compiled, memory laid out, and the loop over time steps."""
