"""One process that hosts one variant, and the handle that the harness holds of it."""
