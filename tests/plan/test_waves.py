"""Waves: nothing lost, nothing too large that could be smaller, the baselines in every one."""

from hypothesis import given
from hypothesis import strategies as st

from paragone.plan.waves import in_waves
from paragone.store.plan_records import Cell


def cells_of(*variants: str, problem: str = "nielsen", threads: int = 1) -> list[Cell]:
    return [Cell(problem, v, size, threads, 1, 0, 0.1, False) for v in variants for size in (1, 10)]


def members(planned: list[Cell]) -> dict[int, set[str]]:
    waves: dict[int, set[str]] = {}
    for planned_cell in planned:
        waves.setdefault(planned_cell.wave, set()).add(planned_cell.variant)
    return waves


def peaks(**by_variant: int) -> dict[tuple[str, str, int], int]:
    return {(p, v, t): peak for v, peak in by_variant.items() for p in ("nielsen", "softmax") for t in (1, 2)}


def test_contenders_that_fit_together_form_one_wave():
    planned = in_waves(cells_of("base", "a", "b"), peaks(base=1, a=2, b=2), 5, {"base"}, {})

    assert {0: {"base", "a", "b"}} == members(planned)
    assert 6 == len(planned)


def test_contenders_that_do_not_fit_form_waves_each_with_the_baselines():
    planned = in_waves(cells_of("base", "a", "b", "c"), peaks(base=1, a=2, b=2, c=2), 5, {"base"}, {})

    assert {0: {"base", "a", "b"}, 1: {"base", "c"}} == members(planned)
    assert 2 * 5 == len(planned)  # every batch size of every member of every wave


def test_one_that_fits_nowhere_is_alone_with_the_baselines():
    planned = in_waves(cells_of("base", "a", "huge", "b"), peaks(base=1, a=1, huge=100, b=1), 5, {"base"}, {})

    assert {0: {"base", "a", "b"}, 1: {"base", "huge"}} == members(planned)


def test_versions_of_a_variant_share_a_wave_whatever_comes_between_them():
    names = ("base", "a@old[dtype=f]", "b@old[dtype=f]", "a@new[dtype=f]", "b@new[dtype=f]")
    planned = in_waves(cells_of(*names), {("nielsen", name, 1): 2 for name in names}, 7, {"base"}, {})

    assert {
        0: {"base", "a@old[dtype=f]", "a@new[dtype=f]"},
        1: {"base", "b@old[dtype=f]", "b@new[dtype=f]"},
    } == members(planned)


STEPS = [f"numpy_bias_step{number}[dtype={dtype}]" for number in range(4) for dtype in ("float32", "float64")]
FOLDERS = {f"numpy_bias_step{number}": "numpy_bias_neuron" for number in range(4)} | {"a": "a", "b": "b", "c": "c"}


def test_implementations_of_one_folder_share_a_wave_in_every_dtype_whatever_comes_before_them():
    names = ("base", "a", "b", *STEPS[:5], "c", *STEPS[5:])
    planned = in_waves(cells_of(*names), {("nielsen", name, 1): 1 for name in names}, 10, {"base"}, FOLDERS)

    assert {0: {"base", "a", "b", "c"}, 1: {"base", *STEPS}} == members(planned)


def test_a_folder_that_does_not_fit_is_taken_apart_and_its_versions_are_not():
    names = ("base", *(name.replace("[", f"@{version}[") for version in ("old", "new") for name in STEPS[:4]))
    folders = {f"{name}@{version}": folder for version in ("old", "new") for name, folder in FOLDERS.items()}
    waves = members(in_waves(cells_of(*names), {("nielsen", name, 1): 1 for name in names}, 5, {"base"}, folders))

    assert all(len(present) == 5 for present in waves.values())
    for present in waves.values():
        assert {name.replace("@old", "@new") for name in present if "@old" in name} == {
            name for name in present if "@new" in name
        }


def test_baselines_that_do_not_fit_themselves_are_measured_all_the_same():
    planned = in_waves(cells_of("base", "a", "b"), peaks(base=100, a=1, b=1), 5, {"base"}, {})

    assert {0: {"base", "a"}, 1: {"base", "b"}} == members(planned)
    assert {0: {"base"}} == members(in_waves(cells_of("base"), peaks(base=100), 5, {"base"}, {}))


def test_a_wave_holds_one_problem_and_one_number_of_threads():
    cells = [
        *cells_of("base", "a"),
        *cells_of("base", "a", threads=2),
        *cells_of("base", "a", problem="softmax"),
    ]
    planned = in_waves(cells, peaks(base=1, a=1), 100, {"base"}, {})

    assert [(0, "nielsen", 1), (1, "nielsen", 2), (2, "softmax", 1)] == list(
        dict.fromkeys((c.wave, c.problem, c.threads) for c in planned)
    )


@given(st.lists(st.integers(0, 12), min_size=0, max_size=12), st.integers(0, 12), st.integers(1, 30))
def test_no_cell_is_lost_and_no_wave_is_too_large_that_could_be_smaller(sizes, base_size, limit):
    by_variant = {f"v{i}": size for i, size in enumerate(sizes)} | {"base": base_size}
    planned = in_waves(cells_of(*by_variant), peaks(**by_variant), limit, {"base"}, {})

    for variant in by_variant:
        seen = [c for c in planned if c.variant == variant]
        waves = members(planned) if variant == "base" else [0]
        assert len(seen) == 2 * len(waves)
    for present in members(planned).values():
        assert "base" in present
        assert sum(by_variant[v] for v in present) <= limit or len(present) <= 2
