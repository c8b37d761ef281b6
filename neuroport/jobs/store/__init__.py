"""The memory of submitted jobs: a folder each, and a database of their states."""
