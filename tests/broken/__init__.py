"""The zoo: wrong implementations, each with one mistake, and the words by which the gate must name it."""

from . import dtypes, gradients, orders, results, updates
from .member import Member

ZOO: tuple[type[Member], ...] = tuple(
    member
    for module in (gradients, updates, orders, dtypes, results)
    for member in vars(module).values()
    if isinstance(member, type) and issubclass(member, Member) and member.__module__ == module.__name__
)
