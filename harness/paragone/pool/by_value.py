"""A function of this package as Dask sends it to a host that may have another paragone, or none.

Here something is pickled, and nothing unpickled.
"""

from __future__ import annotations

from collections.abc import Callable

from paragone.pool import on_host


def by_value(function: Callable[..., bytes]) -> Callable[..., bytes]:
    """The function as something that pickle cannot name, so that it travels whole: a host may have no paragone."""
    import cloudpickle  # comes with Dask

    cloudpickle.register_pickle_by_value(on_host)
    return lambda *arguments: function(*arguments)
