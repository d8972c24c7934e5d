"""A run as text, figures, page and terminal output."""
