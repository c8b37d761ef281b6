"""Where results and reports go: looked at before the run, written whole, else kept elsewhere."""
