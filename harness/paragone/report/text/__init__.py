"""Reports in Markdown, a file for each section. `formatting`, `markdown` and `rows` are what all of them use."""
