"""numpy_bias_step0 to numpy_bias_step3: a network with bias neurons, made faster in three steps."""

from paragone.implementation.contract import FLOATS

from .bias_neuron import BiasNeuron


class FirstVersion(BiasNeuron):
    """Where the ladder begins."""

    name = "numpy_bias_step0"
    idea = "The first version: float64, a new matrix for every bias row, delta for the input layer too, φ′ from Z."
    maths = ("step0_first_version.py",)
    axes = {"dtype": ("float64",)}
    hidden_activations = ("sigmoid", "tanh", "relu")


class Float32(BiasNeuron):
    """What costs least to change."""

    name = "numpy_bias_step1"
    idea = "float32, and no delta for the input layer, which nobody needs."
    maths = ("step1_float32.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")


class BiasRowStored(BiasNeuron):
    """No copy of the mini-batch between the gather and the product."""

    name = "numpy_bias_step2"
    idea = "The ones of the input layer are stored with the images: no F-ordered X is copied into a C-ordered matrix."
    maths = ("step2_bias_row_stored.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")


class ReuseActivations(BiasNeuron):
    """No exp on the way back."""

    name = "numpy_bias_step3"
    idea = "φ′ from the stored activations, and rows sliced off instead of added on the way back."
    maths = ("step3_reuse_activations.py",)
    axes = {"dtype": FLOATS}
    hidden_activations = ("sigmoid", "tanh", "relu")
