"""Files that other programs may have written: atomic writes, JSON lines, schemas, printable text, hashes, paths."""
