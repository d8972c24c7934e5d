"""Two runs apart in time, and two versions of one implementation in one run."""
