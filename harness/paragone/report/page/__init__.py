"""report.html: one file that loads nothing from the network. `build` embeds `payload`, the scripts and the styles."""
