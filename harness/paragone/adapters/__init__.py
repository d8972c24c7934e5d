"""Ways to reach code that is not a class of four verbs: here, maths written on NumPy arrays."""
