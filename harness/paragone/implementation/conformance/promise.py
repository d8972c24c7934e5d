"""A promise of the contract: its words, its check, and the two ways in which a check ends early."""

from __future__ import annotations

from collections.abc import Callable

from paragone.implementation.conformance.subject import NotApplicable, Subject

Check = Callable[[Subject], None]
CHECKS: dict[str, Check] = {}


def promise(words: str, *, of_bits: bool = False) -> Callable[[Check], Check]:
    """Return a decorator that enters a check; one `of_bits` is no promise of what is not deterministic."""

    def enter(check: Check) -> Check:
        def checked(subject: Subject) -> None:
            if of_bits and not subject.variant.implementation.deterministic:
                raise NotApplicable("it declares that it is not deterministic")
            check(subject)

        CHECKS[words] = checked
        return check

    return enter
