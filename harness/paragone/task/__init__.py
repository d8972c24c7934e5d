"""What is computed. What the core asks of any computation, and the families, one folder each.

problem       a problem as data: its sizes, its work, what a sample starts from, its words
family        what a family offers beside that: its data, its checks
checks        the contract of those checks
check_result  what a check finds
distance      how far a tensor lies from the reference, beside how far it may
sample_input  what the samples of a round start from and work on
families      the families by name
mlp           networks: a training step on MNIST
kernel        any computation that a kernel.toml describes
"""
