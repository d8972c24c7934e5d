"""Two runs apart in time, many runs over time, and two versions of one implementation in one run."""
