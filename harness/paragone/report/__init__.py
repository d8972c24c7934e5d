"""Results for readers. `write` writes a report into its folder; these packages make its parts:

    text        report.md, a file for each section
    export      a run in the forms of other tools
    figures     PNG and SVG by Matplotlib, a file for each kind of figure
    page        report.html: scripts, styles, and the data in it
    terminal    the output of commands
    notebook    a run as a notebook displays it

Nothing here measures or computes: numbers come from `paragone.analyse`, `paragone.comparison` and `paragone.claims`.
"""
