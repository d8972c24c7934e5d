"""What --on means: a scheduler that runs, processes of this machine, or jobs of SLURM."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Literal

from paragone.errors import Misuse

EXPECTED = "dask://HOST:PORT, dask+tls://HOST:PORT, local:2 or slurm:partition=NAME,jobs=4"
SLURM_KEYS = ("partition", "jobs", "cpus", "memory", "walltime", "account", "interface", "python", "shared")
MOST_HOSTS = 1000


@dataclass(frozen=True)
class Place:
    """Where launches are made. `address` is a scheduler's; `n_hosts` is of local processes; `options` are SLURM's."""

    kind: Literal["scheduler", "local", "slurm"]
    text: str
    address: str = ""
    n_hosts: int = 0
    options: dict[str, str] = field(default_factory=dict)

    @property
    def is_encrypted(self) -> bool:
        return self.address.startswith("tls://")


def place_of(text: str, unencrypted: bool = False) -> Place:
    """The place that --on names. Raises Misuse; also for a scheduler that anybody on the network could listen to.

    With `unencrypted` the user has allowed that.
    """
    if found := re.fullmatch(r"dask(\+tls)?://(\[[0-9a-fA-F:]+\]|[^:/\[\]]+):(\d{1,5})", text):
        encrypted, host, port = found.groups()
        if not (encrypted or unencrypted or is_loopback(host.strip("[]"))):
            raise Misuse(
                f"--on {text}: the scheduler is not on this machine and the connection is not encrypted: whoever "
                f"listens can read it, and run code on every host. With TLS: --on dask+tls://{host}:{port}. On a "
                "network that nobody else uses: --unencrypted"
            )
        return Place("scheduler", text, address=f"{'tls' if encrypted else 'tcp'}://{host}:{port}")
    if found := re.fullmatch(r"local:(\d{1,4})", text):
        if not 1 <= int(found[1]) <= MOST_HOSTS:
            raise Misuse(f"--on {text}: expected 1 to {MOST_HOSTS} processes")
        return Place("local", text, n_hosts=int(found[1]))
    if text.startswith("slurm:"):
        return Place("slurm", text, options=_slurm_options(text))
    raise Misuse(f"--on: expected {EXPECTED}; got {text[:60]!r}")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _slurm_options(text: str) -> dict[str, str]:
    """Key → value. Raises Misuse for another key, or a number that is none."""
    options: dict[str, str] = {}
    for part in filter(None, text.removeprefix("slurm:").split(",")):
        key, equals, value = part.partition("=")
        if key not in SLURM_KEYS or not value:
            what = f"{key}= with a value" if key in SLURM_KEYS and equals else f"one of {', '.join(SLURM_KEYS)}"
            raise Misuse(f"--on {text}: expected {what}; got {part[:40]!r}")
        options[key] = value
    for key in ("jobs", "cpus"):
        if not re.fullmatch(r"[1-9]\d{0,3}", options.get(key, "1")):
            raise Misuse(f"--on {text}: {key}: expected a whole number above 0; got {options[key][:20]!r}")
    return options
