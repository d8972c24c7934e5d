"""Whether the class of an implementation declares what it must: only in a process that may be ruined.

Anybody may have written the class, and a declaration may have the wrong kind.
"""

from __future__ import annotations

import inspect
from pathlib import Path

from paragone.errors import error_text
from paragone.implementation.contract import Implementation
from paragone.implementation.declared import value_fault
from paragone.implementation.old_names import old_hooks

DECLARED_TEXTS = ("name", "language", "layout", "source", "idea")


def declaration_fault(implementation: type[Implementation], folder: Path) -> str | None:
    """What is wrong with the declarations, or None. Reading one may raise, which is a fault too."""
    try:
        return _fault(implementation, folder)
    except Exception as error:
        return f"reading what it declares raised {error_text(error)}"


def _fault(implementation: type[Implementation], folder: Path) -> str | None:
    if renamed := old_hooks(implementation):
        return renamed
    for attribute in (*DECLARED_TEXTS, "maths"):
        if not hasattr(implementation, attribute):
            return f"declare {attribute!r} (see CONTRIBUTING.md)"
    for attribute in DECLARED_TEXTS:
        value = getattr(implementation, attribute)
        if type(value) is not str or not value.strip():  # a subclass of str could change when it is read again
            return f"{attribute}: expected a text, got {value!r}"
    if unwritten := sorted(implementation.__abstractmethods__):
        return f"write {', '.join(unwritten)}"
    if fault := _fault_of_signatures(implementation):
        return fault
    if implementation.bridge is not None and not isinstance(implementation.bridge, str):
        return f"bridge: expected a text or None, got {implementation.bridge!r}"
    return value_fault(implementation, folder)


def _fault_of_signatures(implementation: type[Implementation]) -> str | None:
    """The first verb that cannot be called with the contract's arguments."""
    for verb in sorted(Implementation.__abstractmethods__):
        expected = list(inspect.signature(getattr(Implementation, verb)).parameters)
        try:
            inspect.signature(getattr(implementation, verb)).bind(*expected)
        except TypeError:
            written = ", ".join(inspect.signature(getattr(implementation, verb)).parameters)
            return f"{verb}: expected {verb}({', '.join(expected)}), got {verb}({written})"
    return None
