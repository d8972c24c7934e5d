"""Results on the terminal: the summary of a run, and comparisons."""
