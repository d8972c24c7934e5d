"""Which methods of a step are its phases: what a profile times, and no other run.

The gradient of one block goes straight to the weights: its product is part of the update there. In many
blocks the gradients are summed first, which is part of backward.
"""

from paragone.adapters.phase_clock import PhaseClock


def clocked(implementation):
    """Put a clock around the phases of every mini-batch made from now on; return the function that tells the times."""
    clock, make = PhaseClock(), implementation.mini_batch_for
    clock.time_train(implementation)
    implementation.mini_batch_for = lambda *sizes: with_clock(clock, make(*sizes))
    return clock.times


def with_clock(clock, mini_batch):
    """The mini-batch with the clock around its phases, or around those of its blocks"""
    blocks = {id(block): block for _, block in getattr(mini_batch, "blocks", ())}
    phases = ["gather", "forward", *(["loss"] if mini_batch.problem.records_loss else []), "backward"]
    for of_samples in blocks.values() or [mini_batch]:
        for phase in phases:
            clock.time_phase(of_samples, phase)
    if blocks:
        clock.time_phase(mini_batch, "backward", "sum_gradients")
    clock.time_phase(mini_batch, "update")
    return mini_batch
