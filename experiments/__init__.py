"""Papers to reproduce: one package each, with its claims as data and its protocol."""
