"""The figures, drawn by Matplotlib, a file for each kind. `catalogue` lists those of a report."""
