"""The worker process, which hosts one variant, and the handle through which the harness controls it."""
