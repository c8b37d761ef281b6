"""Runs as data: what is to be run, and what came of it."""
