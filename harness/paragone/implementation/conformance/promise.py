"""The register of promises: each promise of the contract with the function that checks it."""

from __future__ import annotations

from collections.abc import Callable

from paragone.implementation.conformance.subject import NotApplicable, Subject

# Raises PromiseBroken, or NotApplicable where the subject does not make the promise.
PromiseCheck = Callable[[Subject], None]
CHECKS: dict[str, PromiseCheck] = {}


def promise(sentence: str, *, of_bits: bool = False) -> Callable[[PromiseCheck], PromiseCheck]:
    """A decorator that registers the check of a promise; promises `of_bits` bind deterministic implementations only."""

    def register(check: PromiseCheck) -> PromiseCheck:
        def checked(subject: Subject) -> None:
            if of_bits and not subject.kind.deterministic:
                raise NotApplicable("it declares that it is not deterministic")
            check(subject)

        CHECKS[sentence] = checked
        return check

    return register
