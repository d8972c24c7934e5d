"""Implementations that compute in another precision than they declare."""

from dataclasses import replace

import numpy as np

from paragone.task.mlp.problem import rounded_to_float32

from .member import Member


class Float32DeclaredFloat64(Member):
    phrase = "computed in float32 but declared float64"
    declared = ("float64",)

    def __init__(self, **axis):
        super().__init__(**axis)
        self.dtype = np.dtype("float32")


class Float64DeclaredFloat32(Member):
    phrase = "cannot be held in float32: computed in float64 but declared float32"
    numerical = False
    declared = ("float32",)

    def __init__(self, **axis):
        super().__init__(**axis)
        self.dtype = np.dtype("float64")


class Float64RoundedAtTheEnd(Float64DeclaredFloat32):
    phrase = "too good for float32"

    def params(self):
        state = super().params()
        tensors = {name: rounded_to_float32(tensor) for name, tensor in state.tensors().items()}
        return replace(type(state).from_tensors(tensors, state.step))


class Float32Results(Member):
    phrase = "W1: expected float64"
    numerical = False
    declared = ("float32",)

    def params(self):
        state = super().params()
        return replace(state, W=tuple(W.astype(np.float32) for W in state.W))
