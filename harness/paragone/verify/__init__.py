"""Nothing unverified is timed: the pilot, the verifier, the replay check."""
