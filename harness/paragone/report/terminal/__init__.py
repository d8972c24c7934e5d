"""What a run prints when it ends."""
