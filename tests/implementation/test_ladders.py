import tomllib

from paragone.implementation.ladders import LADDERS, ladders
from paragone.implementation.registry import discover


def test_a_ladder_names_implementations_that_exist_in_dtypes_that_they_have():
    axes = {found.name: found.implementation.axes for found in discover()[0]}

    for ladder in ladders():
        assert len(ladder.steps) > 1
        assert all(step.dtype in axes[step.implementation]["dtype"] for step in ladder.steps)


def test_a_file_declares_other_ladders(tmp_path):
    text = LADDERS.read_text(encoding="utf-8").replace('name = "s4"', 'name = "mine"')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")

    assert [ladder.name for ladder in ladders(tmp_path / "mine.toml")] == ["mine"]
    assert len(tomllib.loads(text)["ladder"]) == 1
