"""A problem file for 300 images: a small network at two batch sizes."""

SMALL = """
dataset = "mnist"
n_train = 300
layers = [784, 4, 10]
hidden_activation = "sigmoid"
output_activation = "sigmoid"
loss = "quadratic"
learning_rate = 1.0
reduction = "mean"
start = "standard_normal"
batch_sizes = [1, 20]
"""
