"""The verification of a run: what an earlier run verified in this very state, and the pilot of all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from paragone.measure.forecast import usual_seconds
from paragone.measure.step_times import median_step_seconds
from paragone.plan.cells import Contender, aa_pairs, sizes_of
from paragone.store.plan_records import ContenderKey
from paragone.store.reader import read_plan, read_table
from paragone.store.records import Outcome
from paragone.verify.display import Display
from paragone.verify.examiners import Examination, examine_all
from paragone.verify.first_steps import FirstSteps
from paragone.verify.pilot import OpenWorker, Pilot
from paragone.verify.pilot_result import PilotResult
from paragone.verify.verified_before import VerifiedBefore
from paragone.verify.verifier import Verifier


@dataclass(frozen=True)
class Verification:
    """Verifies the contenders of one run."""

    before: VerifiedBefore
    verifier: Verifier
    open_worker: OpenWorker
    display: Display
    again: bool = False  # what was verified before too

    def results(self, contenders: Mapping[ContenderKey, Contender]) -> list[PilotResult]:
        """The result for every contender; a control gets that of its baseline, which runs the same code."""
        piloted = {key: contender for key, contender in contenders.items() if not contender.variant.control}
        results = {} if self.again else self._known(piloted)
        self.display.expect(usual_seconds(self.before.request, contenders.values(), results))
        self._examine({key: contender for key, contender in piloted.items() if key not in results}, results)
        pairs = aa_pairs(contenders.values())
        for key, contender in contenders.items():
            if contender.variant.control:
                problem, name, threads = key
                results[key] = results[problem, pairs[name], threads].as_control(contender)
        return [results[key] for key in contenders]

    def _known(self, contenders: Mapping[ContenderKey, Contender]) -> dict[ContenderKey, PilotResult]:
        """The results of those that were verified before; says how many they are."""
        found = {
            key: self.before.result_of(each, sizes_of(self.before.request, each)) for key, each in contenders.items()
        }
        known = {key: result for key, result in found.items() if result is not None}
        if known:
            self.display.say(
                f"Verified before in this very state: {len(known)} of {len(contenders)} variants. Their first steps "
                "must end in the same bits. To verify all anew: --verify-again"
            )
        return known

    def _examine(self, contenders: Mapping[ContenderKey, Contender], results: dict[ContenderKey, PilotResult]) -> None:
        """Add the pilot's results, and keep them for later runs."""
        if not contenders:
            return
        request = self.before.request
        pilot = Pilot(request, self.before.data, self.verifier, self.open_worker)
        examinations = [Examination(each, sizes_of(request, each)) for each in contenders.values()]
        with self.display.progress("verifying", len(examinations)) as advance:
            for result in examine_all(pilot, examinations, advance):
                results[result.contender.key] = result
                self.before.keep(result)

    def to_confirm(
        self, folder: Path, contenders: Mapping[ContenderKey, Contender]
    ) -> dict[tuple[ContenderKey, int], FirstSteps]:
        """The first steps, by contender and size, of what an earlier run has verified for the run in this folder.

        Where the record has gone since, steps without a digest: they are compared with the reference.
        """
        lost = {
            (each.contender, each.size): FirstSteps(n_steps=max(1, each.prefix_steps), digest="")
            for each in read_plan(folder).cells
        }
        found: dict[tuple[ContenderKey, int], FirstSteps] = {}
        for row in read_table(folder, Outcome):
            if row.verified and row.size is not None and row.threads is not None:
                of_cell = (row.problem, row.variant, row.threads), row.size
                contender = contenders[of_cell[0]]
                if of_cell in lost and not contender.variant.control:  # a control runs the code of its baseline
                    found[of_cell] = self.before.first_steps(contender, row.size) or lost[of_cell]
        return found

    def note_launches(self, folder: Path, contenders: Mapping[ContenderKey, Contender]) -> None:
        """Have the next run plan its samples by the times of this one, and verify again what has failed in it."""
        for key, step_seconds in median_step_seconds(folder).items():
            self.before.note_step_seconds(contenders[key], step_seconds)
        for row in read_table(folder, Outcome):
            if row.status == "failed" and row.launch is not None and row.threads is not None:
                contender = contenders[row.problem, row.variant, row.threads]
                # A control runs the code of its baseline, whose record it has.
                self.before.forget(replace(contender, variant=replace(contender.variant, control=False)))
