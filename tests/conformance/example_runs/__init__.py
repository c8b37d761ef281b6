"""Parts of ``pynn_examples.py``."""
