"""What a run says, as text, figures, page and terminal output."""
