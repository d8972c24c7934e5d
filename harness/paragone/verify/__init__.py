"""Nothing unverified is timed: the pilot, the verifier, the inputs of samples, the account of their time."""
