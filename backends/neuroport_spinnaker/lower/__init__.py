"""A realised network in sPyNNaker's words, and what it reads back."""
