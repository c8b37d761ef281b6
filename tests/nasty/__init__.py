"""Nasty argument values: every public call is answered with a run or with a named error.

``PYTHONPATH=tests python -m nasty --cases 100000 --seed 3`` runs a long round.
"""
