"""Who computes it: the contract of an implementation, finding them, checking their declarations and promises."""
