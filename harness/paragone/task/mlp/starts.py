"""How the weights and biases of a network are spread before its first step."""

from __future__ import annotations


def start_scales(start: str, fan_in: int) -> tuple[float, float]:
    """The standard deviations of a layer's weights and biases."""
    return {
        "standard_normal": (1.0, 1.0),
        "scaled_normal": (fan_in**-0.5, fan_in**-0.5),
        "he_normal": ((2 / fan_in) ** 0.5, 0.0),
    }[start]
