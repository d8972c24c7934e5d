"""What runs made up by hand say to claims: the ratios are worked out beside them."""

import math
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import pytest
from made_up_run import BASE, CONTROL, N_STEPS, OTHER, frame, made_up_run, outcome

from paragone.analyse.results import Results
from paragone.claims.claim import Claim
from paragone.claims.judge_claims import (
    CANNOT_RUN,
    CANNOT_TELL,
    CONTEXT,
    NOT_REPRODUCED,
    REPRODUCED,
    RunEvidence,
    judge_by_profile,
    judge_claims,
    verdict_on,
)
from paragone.store.records import Pair
from paragone.task.mlp.problem_files import find_problem

NIELSEN = find_problem("nielsen")
CLAIM = Claim(
    "mine", "me", "Tuned is at least 1.5 times as fast", NIELSEN, "train", (OTHER,), (BASE,), 10, 10, low=1.5
)  # fmt: skip


def steady(*per_launch, rounds=3):
    return [[seconds] * rounds for seconds in per_launch]


def run_of(base=(2e-5,) * 3, other=(1e-5,) * 3, control=None, size=10, **tables):
    times = {(BASE, 10): steady(*base), (CONTROL, 10): steady(*(control or base)), (OTHER, size): steady(*other)}
    return made_up_run(None, times, **tables)


def found(run, claim):
    return RunEvidence(Results(run)).judge(claim)


@cache
def plain_evidence():
    """That of a run in which OTHER takes half as long as BASE; judging changes nothing in it."""
    return RunEvidence(Results(run_of()))


def of_plain(claim):
    return plain_evidence().judge(claim)


def test_a_claim_whose_limits_hold_the_interval_is_reproduced():
    judged = of_plain(CLAIM)

    assert (judged.verdict, judged.why) == (REPRODUCED, "")
    assert (judged.ratio, judged.low, judged.high) == pytest.approx((2, 2, 2), rel=1e-4)
    assert (judged.variant, judged.than, judged.where) == (OTHER, BASE, "made-up")


@pytest.mark.parametrize(
    ("limits", "verdict", "why"),
    [
        ((3, math.inf), NOT_REPRODUCED, "less than claimed"),
        ((1.1, 1.5), NOT_REPRODUCED, "more than claimed"),
        ((0, 0.5), NOT_REPRODUCED, "more than claimed"),
        ((1.9, 2.1), REPRODUCED, ""),
        ((2.001, math.inf), CANNOT_TELL, "the interval reaches across what is claimed"),
    ],
)
def test_a_claim_that_is_false_on_purpose_is_not_reproduced(limits, verdict, why):
    judged = of_plain(replace(CLAIM, low=limits[0], high=limits[1]))

    assert (judged.verdict, judged.why) == (verdict, why)


def test_a_tolerance_within_the_noise_of_the_run_cannot_be_met():
    # A/A: the second contender differs by 4, 5 and 6 %; the two variants do not differ at all.
    noisy = run_of(other=(2e-5,) * 3, control=[2e-5 * (1 + x) for x in (0.04, 0.05, 0.06)])
    same = replace(CLAIM, low=1 / 1.02, high=1.02)

    assert found(run_of(other=(2e-5,) * 3), same).verdict == REPRODUCED
    judged = found(noisy, same)
    assert judged.verdict == CANNOT_TELL
    assert "is more than the tolerance" in judged.why


def test_a_ratio_of_one_batch_size_is_formed_within_rounds():
    slow = [[1e-5, 9e-5, 2e-5], [1e-5, 1e-5, 7e-5], [1e-5] * 3]
    times = {(BASE, 10): slow, (CONTROL, 10): slow, (OTHER, 10): [[t / 2 for t in rounds] for rounds in slow]}
    judged = found(made_up_run(None, times), CLAIM)

    assert (judged.ratio, judged.low, judged.high) == pytest.approx((2, 2, 2), rel=1e-4)


def test_a_ratio_of_two_batch_sizes_is_that_of_work_per_second_over_launches():
    # 10 images in 20 µs; 1000 images in 1, 2 and 4 ms: per image 2 µs against 1, 2 and 4 µs.
    run = run_of(other=(1e-3, 2e-3, 4e-3), size=1000)
    judged = found(run, replace(CLAIM, size=1000))
    reach = 4.3027 * math.log(2) / math.sqrt(3)

    assert judged.ratio == pytest.approx(1, rel=1e-4)
    assert judged.high == pytest.approx(math.exp(reach), rel=1e-3)


def evaluated(seconds, launches=3, rounds=3, n_calls=4):
    """Rows of evaluations: seconds per call, by variant."""
    return [
        {
            **{"problem": "nielsen", "variant": name, "size": 10, "threads": 1, "wave": 0, "launch": launch},
            **{"attempt": 0, "round": round_, "n_calls": n_calls, "n_images": 10_000},
            "elapsed_ns": round(value * n_calls * 1e9),
        }
        for name, value in seconds.items()
        for launch in range(launches)
        for round_ in range(rounds)
    ]


def test_two_that_never_lived_at_the_same_time_are_not_compared():
    run = run_of()
    samples = run.samples.assign(wave=(run.samples["variant"] == OTHER).astype(int))
    judged = found(replace(run, samples=samples), CLAIM)

    assert (judged.verdict, judged.why) == (CANNOT_TELL, "memory did not hold the two at the same time")


EPOCH = replace(CLAIM, quantity="epoch with evaluation")


def test_an_epoch_with_evaluation_is_its_steps_and_one_evaluation():
    # 5000 steps of 20 µs are 0.1 s, of 10 µs 0.05 s; with 0.1 s and 0.01 s of evaluation 0.2 s and 0.06 s.
    rows = frame("evaluations", evaluated({BASE: 0.1, OTHER: 0.01}))
    judged = found(replace(run_of(), evaluations=rows), EPOCH)

    assert judged.ratio == pytest.approx(0.2 / 0.06, rel=1e-4)
    assert judged.verdict == REPRODUCED


def test_without_evaluations_of_both_cells_a_run_says_nothing_of_epochs_with_them():
    rows = frame("evaluations", evaluated({BASE: 0.1}))

    assert of_plain(EPOCH) is None
    assert found(replace(run_of(), evaluations=rows), EPOCH) is None


def test_seconds_between_two_trainings_are_held_against_what_the_second_takes():
    # 10 epochs: 1 s against 0.5 s.
    within = replace(CLAIM, low=0, within_seconds=0.6, epochs=10)

    assert of_plain(within).verdict == REPRODUCED
    assert of_plain(within).epoch_seconds == pytest.approx(0.1, rel=1e-4)
    assert of_plain(replace(within, within_seconds=0.3)).verdict == NOT_REPRODUCED


def test_of_several_variants_the_first_that_was_measured_is_compared():
    judged = of_plain(replace(CLAIM, variant=("julia_broadcast[dtype=float32]", OTHER)))

    assert judged.variant == OTHER


def test_context_is_shown_and_not_judged():
    judged = of_plain(replace(CLAIM, low=100, context="from before"))

    assert (judged.verdict, judged.why, round(judged.ratio)) == (CONTEXT, "from before", 2)


def test_a_single_launch_has_a_ratio_and_no_verdict():
    judged = found(run_of((2e-5,), (1e-5,)), CLAIM)

    assert (judged.verdict, judged.why) == (CANNOT_TELL, "one launch has no interval")
    assert judged.ratio == pytest.approx(2)


@pytest.mark.parametrize(("status", "verdict"), [("failed", CANNOT_TELL), ("unavailable", CANNOT_RUN)])
def test_a_cell_without_verified_times_gives_its_reason(status, verdict):
    said = [outcome(BASE), outcome(CONTROL), outcome(OTHER, status, reason="W1 differs")]
    judged = found(run_of(outcomes=said), CLAIM)

    assert judged.verdict == verdict
    assert "W1 differs" in judged.why


def test_a_run_of_other_cells_or_of_another_workload_of_that_name_says_nothing():
    assert of_plain(replace(CLAIM, size=100, than_size=100)) is None
    assert of_plain(replace(CLAIM, threads=2)) is None
    assert of_plain(replace(CLAIM, problem=replace(NIELSEN, momentum=0.5))) is None
    assert of_plain(replace(CLAIM, problem=find_problem("mlp4"))) is None


def test_only_claims_whose_cells_the_run_holds_are_judged():
    run = run_of()

    assert [f.claim.id for f in judge_claims(Results(run), [CLAIM, EPOCH])] == ["mine"]


def test_without_a_control_the_noise_is_not_known():
    assert verdict_on(CLAIM, 2, 1.9, 2.1, math.nan)[0] == CANNOT_TELL


# --- phases ---

PHASE = replace(CLAIM, quantity="forward", low=2.5, high=math.inf)
PLAN = SimpleNamespace(run="made-up-profile", problems={"nielsen": NIELSEN})


def pair(name, launch, round_, forward_ns, size=10):
    cell = {"problem": "nielsen", "variant": name, "size": size, "threads": 1, "launch": launch}
    times = {"plain_ns": 1, "clocked_ns": 1, "parts": {}, "is_same": True}
    phases = {"forward": forward_ns, "backward": 7}
    return Pair(**cell, **times, round=round_, n_steps=N_STEPS, phases=phases)


def pairs_of(base, other):
    return [pair(BASE, n, r, base * (1 + r)) for n in range(3) for r in range(3)] + [
        pair(OTHER, n, r, other[n] * (1 + r)) for n in range(3) for r in range(3)
    ]


def test_a_phase_is_compared_within_rounds_and_its_interval_formed_over_launches():
    judged = judge_by_profile(PLAN, pairs_of(8000, (1000, 2000, 4000)), PHASE)
    reach = 4.3027 * math.log(2) / math.sqrt(3)

    assert judged.ratio == pytest.approx(4)
    assert judged.low == pytest.approx(4 * math.exp(-reach), rel=1e-3)
    assert judged.verdict == CANNOT_TELL
    assert judge_by_profile(PLAN, pairs_of(8000, (2000,) * 3), PHASE).verdict == REPRODUCED
    assert judge_by_profile(PLAN, pairs_of(8000, (7000,) * 3), PHASE).verdict == NOT_REPRODUCED


def test_a_profile_without_the_phase_or_the_cells_says_nothing():
    assert judge_by_profile(PLAN, pairs_of(8000, (2000,) * 3), replace(PHASE, quantity="loss")) is None
    assert judge_by_profile(PLAN, [pair(BASE, 0, 0, 1000)], PHASE) is None
    assert (
        judge_by_profile(SimpleNamespace(run="made-up-profile", problems={}), pairs_of(8000, (2000,) * 3), PHASE)
        is None
    )
