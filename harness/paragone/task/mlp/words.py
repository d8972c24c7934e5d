"""How networks and their training speak to a reader."""

from __future__ import annotations

from paragone.task.problem import Words

WORDS = Words(
    size="batch size",
    sizes="batch sizes",
    one_size="batch size",
    column="batch",
    at_size="batch",
    symbol="B",
    unit="images",
    rate="images/s",
    per_second="images per second",
    moved="the mini-batch itself",
    step="training step",
    one_step="one update on one mini-batch",
    throughput="training throughput",
    timed="train",
    result="params",
    does="trains",
    done="trained",
    doing="training",
    held="the implementation's own copy of the training set; the data set that all of them share is released before",
    stored="stored images",
    drawn="start and order of the images",
    all_data="epoch",
    beside_speed="",
    error="relative L2 of the displacement against the float64 reference",
    stages="or a window within it (before method 3 tail: its last steps); data: every image of the training set; "
    "stress: the problem with large momentum, penalties and decay",
    limit="the time of a step's products and update at the first speed, or of reading its pixels once at the second",
    may_pass="code with faster kernels, or code that skips pixels that are 0, may pass it",
    at_most="every pixel that is 0 left out, products",
    products_without="gather, activation or update: at small batches it is the cost of calls",
    numbers="pixels",
    beyond_limit="by code that leaves out every pixel that is 0 ({zeros})",
    step_is_whole="whether train takes every step of its order",
)
