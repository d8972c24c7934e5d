"""A report as a page of a site: its scripts and styles lie once beside all reports, instead of in each of them."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

FOLDER = "assets"  # in the site
INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)  # with attributes it is data, as the payload is
SHORTEST = 200  # characters that are worth a file
POLICY = re.compile(
    r'(<meta http-equiv="Content-Security-Policy" content="[^"]*?script-src )[^;"]*(; style-src [^;"]*)'
)
FROM_FILES = "'self' file:"  # a page that is opened from a folder has no origin of its own
ENDINGS = {"script": "js", "style": "css"}


class Page(NamedTuple):
    """A page, and the files beside it by their names in the folder of shared parts."""

    html: str
    parts: dict[str, str]


def with_shared_parts(report: str) -> Page:
    """Return a report for a folder of the site. A page that is not ours, which has no policy, stays as it is."""
    if not POLICY.search(report):
        return Page(report, {})
    parts: dict[str, str] = {}

    def linked(match: re.Match[str]) -> str:
        kind, content = match.groups()
        if len(content) < SHORTEST:
            return match[0]
        name = f"{hashlib.sha256(content.encode()).hexdigest()[:16]}.{ENDINGS[kind]}"
        parts[name] = content
        address = f"../{FOLDER}/{name}"
        return f'<script src="{address}"></script>' if kind == "script" else f'<link rel="stylesheet" href="{address}">'

    html = INLINE.sub(linked, report)
    # Short scripts that stay are allowed by their hashes, as before.
    return Page(POLICY.sub(_allowing_files, html, count=1), parts)


def _allowing_files(match: re.Match[str]) -> str:
    return f"{match[0].replace(match[2], '')} {FROM_FILES}{match[2]} {FROM_FILES}"
