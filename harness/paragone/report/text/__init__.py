"""The report in words: report.md, its sections and tables."""
