"""The eleven small kernels that the judge is calibrated with, in the order of the tables of docs/kernel-judge.md."""

from kernel_bounds.matrices import DISTANCES, HEAT, MATMUL, SOFTMAX, SOLVE
from kernel_bounds.vectors import CONVOLUTION, DOT, EXP_SUM, POLYNOMIAL, PREFIX, VARIANCE

KERNELS = (DOT, MATMUL, DISTANCES, HEAT, SOFTMAX, PREFIX, VARIANCE, POLYNOMIAL, SOLVE, EXP_SUM, CONVOLUTION)
