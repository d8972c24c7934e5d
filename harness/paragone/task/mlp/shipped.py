"""The problems of networks that ship, by name; read_problem (problem_files.py) reads one."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent / "problems"


def shipped_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))
