"""The self-test: real and made-up measurements of which the truth is known, and what the statistics say of them."""
