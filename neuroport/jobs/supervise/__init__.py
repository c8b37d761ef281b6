"""The supervisor: one process for each job under way, which outlives the shell."""
