"""Reading and writing what others may have written: atomic, JSON lines, schema, printable text, hashes."""
