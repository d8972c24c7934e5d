"""How far one tensor of a result lies from the reference, beside how far it may."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Distance:
    """The distance of a tensor from the reference, and the distance that is allowed; both are shown over `scale`."""

    tensor: str
    distance: float
    allowed: float
    scale: float

    @property
    def error(self) -> float:
        return self.distance / self.scale

    @property
    def bound(self) -> float:
        return self.allowed / self.scale

    @property
    def ratio(self) -> float:
        """distance / allowed; above 1 the tensor is wrong."""
        if self.distance == 0:
            return 0.0
        return self.distance / self.allowed if self.allowed > 0 else float("inf")
