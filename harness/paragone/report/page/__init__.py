"""report.html: one file that loads nothing from the network."""
