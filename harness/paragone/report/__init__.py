"""Results for readers: `write` writes a report into its folder, and these packages make its parts.

    text        report.md, a file for each section, and exports
    figures     PNG and SVG by Matplotlib, a file for each kind of figure
    page        report.html: scripts, styles, and the data that they show
    terminal    what commands print

Nothing here measures or computes: numbers come from `paragone.analyse`, `paragone.compare` and `paragone.claims`.
"""
