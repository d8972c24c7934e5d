"""Which methods of a step are its phases: what a profile times, and no other run.

The gradient of one block goes straight to the weights: its product is part of the update there. In many
blocks the gradients are summed first, which is part of backward.
"""

from paragone.adapters.phase_clock import PhaseClock


def clocked(implementation):
    """Have every step that the implementation makes from now on timed; return what tells the times."""
    clock, make_step = PhaseClock(), implementation.step_for
    clock.time_train(implementation)
    implementation.step_for = lambda *sizes: time_step(clock, make_step(*sizes))
    return clock.times


def time_step(clock, step):
    """Put the clock around the phases of the step, or around those of its blocks; return the step."""
    blocks = {id(block): block for _, block in getattr(step, "blocks", ())}
    phases = ["gather", "forward", *(["loss"] if step.problem.records_loss else []), "backward"]
    for of_samples in blocks.values() or [step]:
        for phase in phases:
            clock.time_phase(of_samples, phase)
    if blocks:
        clock.time_phase(step, "backward", "sum_gradients")
    clock.time_phase(step, "update")
    return step
