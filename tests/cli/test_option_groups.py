"""A dataclass parameter of a command becomes one option for each of its fields."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from paragone.cli.option_groups import with_option_groups


@dataclass(frozen=True)
class Size:
    """Two options, one with a short name."""

    width: Annotated[int, typer.Option("--width", "-w", help="In cm.")] = 3
    height: Annotated[int, typer.Option(help="Also in cm.")] = 4


@dataclass(frozen=True)
class Tall(Size):
    """Another default."""

    height: Annotated[int, typer.Option(help="In m.")] = 40


def show(size: Size, *, colour: str = "red") -> None:
    """Print the size and the colour."""
    print(size, colour)


@pytest.fixture
def run():
    """Run `show` with these arguments; return what it prints."""
    app = typer.Typer()
    app.command()(with_option_groups(show))
    return lambda *arguments: CliRunner().invoke(app, arguments).output


def test_without_options_the_command_gets_the_defaults_of_the_dataclass(run):
    assert run() == "Size(width=3, height=4) red\n"


def test_options_of_the_group_and_others_mix_in_any_order(run):
    assert run("--height", "9", "--colour", "blue", "-w", "1") == "Size(width=1, height=9) blue\n"


def test_help_shows_the_options_in_the_place_of_their_group(run):
    shown = run("--help")

    assert "Print the size and the colour." in shown
    assert "In cm." in shown
    assert shown.index("--width") < shown.index("--height") < shown.index("--colour")


def test_a_derived_group_has_options_of_its_own_in_the_same_place():
    app = typer.Typer()

    @app.command()
    @with_option_groups
    def cut(size: Tall) -> None:
        print(size)

    assert CliRunner().invoke(app, []).output == "Tall(width=3, height=40)\n"
    assert "In m." in CliRunner().invoke(app, ["--help"]).output
