"""Sweeps: one model with many values, each a job of its own, and their results as one table."""
