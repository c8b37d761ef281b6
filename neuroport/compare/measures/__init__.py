"""Measures of spike trains and of their agreement."""
