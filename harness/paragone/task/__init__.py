"""What is computed: the families of computations, one folder each."""
