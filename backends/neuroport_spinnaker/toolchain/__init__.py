"""sPyNNaker in a child process: its state, its files and its output stay there."""
