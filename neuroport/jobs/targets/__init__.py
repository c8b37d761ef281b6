"""Targets: the computers and machines on which jobs are run, by entry point."""
