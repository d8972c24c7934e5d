"""What the sources claim, and whether a run reproduces it."""
