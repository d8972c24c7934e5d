"""Who computes it: the contract, finding implementations, checking what they declare and promise."""
