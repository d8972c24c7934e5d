"""What the report says of the surroundings of a run."""

import msgspec
import pytest
from made_up_run import BASE, OTHER, made_up_run, with_environment, with_plan

from paragone.implementation.kernel_declaration import SOURCE
from paragone.report.text.provenance import data_pairs, environment_pairs, implementations


def told(folder, **changed):
    run = made_up_run(folder, {(BASE, 10): [[1e-5] * 3] * 2})
    return dict(environment_pairs(with_environment(run, **changed)))


def test_a_separate_environment_is_shown_with_its_versions_and_a_different_numpy_is_pointed_out(tmp_path):
    own = {"old": {"python": "3.11.2", "packages": {"numpy": "1.26.0", "numba": "0.68.1"}}}

    assert told(tmp_path, own_environments=own)["environment `old`"] == (
        "Python 3.11.2, numpy 1.26.0, numba 0.68.1; the other implementations use NumPy 2.4.0"
    )


def test_the_same_numpy_version_is_not_pointed_out(tmp_path):
    own = {"same": {"python": "3.11.2", "packages": {"numpy": "2.4.0"}}}

    assert told(tmp_path, own_environments=own)["environment `same`"] == "Python 3.11.2, numpy 2.4.0"


def test_a_run_without_environments_of_their_own_shows_none(tmp_path):
    assert not any(name.startswith("environment `") for name in told(tmp_path))


@pytest.mark.parametrize(("cpus", "said"), [([0], "1 (numbered 0)"), ([0, 2, 3], "3 (numbered 0, 2, 3)")])
def test_usable_cpus_are_counted_before_their_numbers(tmp_path, cpus, said):
    assert told(tmp_path, machine={"usable_cpus": cpus})["usable CPUs"] == said


def table_of(*sources):
    run = made_up_run(None, {(name, 10): [[1e-5] * 3] for name in (BASE, OTHER)})
    stored = [msgspec.to_builtins(variant) for variant in run.plan.variants]
    variants = [{**variant, "source": source} for variant, source in zip(stored, sources, strict=True)]
    return implementations(with_plan(run, variants=variants))


def test_sources_are_a_column_where_any_implementation_names_its_own():
    assert "| source |" in table_of(SOURCE, "a paper")
    assert "| a paper |" in table_of(SOURCE, "a paper")
    assert "source" not in table_of(SOURCE, SOURCE)


def test_the_data_is_named_with_its_counts():
    run = made_up_run(None, {(BASE, 10): [[1e-5] * 3]})
    data = msgspec.structs.replace(run.plan.data, name="letters", each="1,024 pixels, 26 classes")
    pairs = dict(data_pairs(with_plan(run, data=data)))

    assert pairs["data set"] == "letters"
    assert pairs["images"].endswith(" to test; 1,024 pixels, 26 classes")
