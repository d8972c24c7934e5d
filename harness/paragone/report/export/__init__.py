"""A run in the forms of other tools: `forms` is their table, `cells` what all of them name and leave out."""
