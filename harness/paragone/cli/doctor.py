"""paragone doctor."""

from __future__ import annotations

from rich.markup import escape

from paragone.cli.app import out


def doctor() -> None:
    """Show what is here, what is missing, and what would disturb a measurement, with the command that mends each."""
    from paragone.cli.machine_checkup import examine

    colours = {"ok": "green", "note": "yellow", "problem": "red"}
    for finding in examine():
        colour = colours[finding.severity]
        out.print(
            f"[{colour}]{finding.severity:<8}[/] [bold]{escape(finding.what)}[/]: {escape(finding.found)}",
            highlight=False,
            soft_wrap=True,
        )
        if finding.mend and finding.severity != "ok":
            out.print(f"         → {escape(finding.mend)}", highlight=False, soft_wrap=True)
