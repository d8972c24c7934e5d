"""c_fused, c_sparse, rust_fused: layers of any width and depth, mini-batches of one image, one block and several."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from paragone.adapters.c_abi import LibraryImplementation
from paragone.implementation.contract import FLOATS
from paragone.implementation.registry import IMPLEMENTATIONS, read_folder
from paragone.task.mlp.gate import judge, stress_problem, stress_state
from paragone.task.mlp.problem_files import find_problem
from paragone.task.mlp.reference import trajectory

(C_FUSED, C_SPARSE) = read_folder(IMPLEMENTATIONS / "c_fused")
(_, RUST_FUSED) = read_folder(IMPLEMENTATIONS / "rust_loops")
FOLDERS = {C_FUSED: IMPLEMENTATIONS / "c_fused", RUST_FUSED: IMPLEMENTATIONS / "rust_loops"}
KINDS = (C_FUSED, C_SPARSE, RUST_FUSED)
DENSE = (C_FUSED, RUST_FUSED)
N_TRAIN, SEED = 600, 3
# One neuron, a pixel more than whole vectors, no hidden layer, five of them, and more outputs than a tile is wide.
LAYERS = [(17, 1, 3), (785, 30, 10), (49, 10), (16, 9, 8, 7, 6, 5, 4), (33, 70, 67)]
BATCH_SIZES = (1, 7, 13, 257)

# Each is a mistake that a fused kernel invites: file, what is right, what is wrong.
WRONG_IN_C = {
    "a row of a tile in place of the last": (
        "tiles.h",
        "numbers[row] = A[row][k];",
        "numbers[row] = A[row > 0 && row == rows - 1 ? row - 1 : row][k];",
    ),
    "half of the depth left out": (
        "tiles.h",
        "depth, A + k, B + j, width, start",
        "depth / 2, A + k, B + j, width, start",
    ),
    "the first block in place of the others": ("fused.c", "block = batch + k * B / n_blocks;", "block = batch;"),
    "the weights of the last pixel left": ("images.h", "(n, net->fan[0], PADDED", "(n, net->fan[0] - 1, PADDED"),
    "the update of the last image never made": (
        "images.h",
        "if (X->last != NULL)\n        images",
        "if (0) images",
    ),
    "old weights for the next image": (
        "images.h",
        "sums[part] += x_i * w;",
        "sums[part] += x_i * (w - last_i * deltas[part]);",
    ),
    "an exp of too few terms": ("exponential.h", "#define N_TERMS 7", "#define N_TERMS 4"),
    "a gradient that keeps the last mini-batch": ("fused.c", "NULL, 0, k > begin,", "NULL, 0, 1,"),
    "a bias without the last image": ("fused.c", "(n, 1, width, every", "(n > 1 ? n - 1 : n, 1, width, every"),
    "a transpose of old weights": ("fused.c", "    add_transposed_gradient(net, B, w);\n", ""),
}
WRONG_IN_RUST = {
    "a row of a tile in place of the last": (
        "tiles.rs",
        "from_fn(|row| A[row][k]);",
        "from_fn(|row| A[if row > 0 && row + 1 == R { row - 1 } else { row }][k]);",
    ),
    "half of the depth left out": ("tiles.rs", "depth = B.len() / at.width;", "depth = B.len() / at.width / 2;"),
    "the first block in place of the others": (
        "fused.rs",
        "gather(data, &batch[begin..end]",
        "gather(data, &batch[..end - begin]",
    ),
    "the weights of the last pixel left": ("images.rs", "data.n_pixels, delta", "data.n_pixels - 1, delta"),
    "the update of the last image never made": (
        "fused.rs",
        "= s.waiting.take()",
        "= s.waiting.take().filter(|_| false)",
    ),
    "old weights for the next image": (
        "images.rs",
        "        add_product(last_i, delta, w);\n        add_product(x_i, w, sum);\n",
        "        add_product(x_i, w, sum);\n        add_product(last_i, delta, w);\n",
    ),
    "an exp of too few terms": ("exponential.rs", "N_TERMS: usize = 8", "N_TERMS: usize = 5"),
    "a gradient that keeps the last mini-batch": (
        "update.rs",
        "        *previous_k = d;\n        *dW_k = 0.0;",
        "        *previous_k = d;",
    ),
    "a bias without the last image": (
        "fused.rs",
        "1, width, delta, b,",
        "1, width, &delta[width..], b,",
    ),
    "a transpose of old weights": ("fused.rs", "            add_transposed_gradient(layers, block.X.len(), s);\n", ""),
}


def where_compiled(kind):
    return pytest.mark.skipif(kind.missing() is not None, reason=str(kind.missing()))


def drawn(layers):
    """Images of which most pixels are 0, and labels."""
    random = np.random.default_rng(1)
    images = random.integers(1, 256, (N_TRAIN, layers[0])) * (random.random((N_TRAIN, layers[0])) < 0.3)
    return images.astype(np.uint8), random.integers(0, layers[-1], N_TRAIN).astype(np.uint8)


def results(kind, dtype, problem, batch_sizes):
    """Yield each batch size with the check of two steps, all of one implementation that is loaded once."""
    images, labels = drawn(problem.layers)
    implementation = kind(dtype=dtype)
    implementation.load(problem, (images / 255.0).astype(dtype), labels)
    for batch_size in batch_sizes:
        state, order = stress_state(problem, SEED, batch_size), problem.order(SEED, 2, batch_size)
        implementation.reset(state)
        losses = implementation.train(order)
        expected = trajectory(problem, images, labels, state, order)
        yield batch_size, judge(problem, expected, implementation.params(), losses, dtype)
    implementation.close()


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=where_compiled(kind), id=kind.name) for kind in KINDS])
@pytest.mark.parametrize("layers", LAYERS, ids=str)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["nielsen", "softmax", "mlp4"])
def test_layers_of_any_width_and_depth_follow_the_reference(kind, layers, dtype, name):
    plain = replace(find_problem(name), n_train=N_TRAIN, layers=layers)
    for problem in (plain, stress_problem(plain)) if name == "nielsen" else (plain,):
        for batch_size, check in results(kind, dtype, problem, BATCH_SIZES):
            assert check.passed, (problem, batch_size, check.reason)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=where_compiled(kind), id=kind.name) for kind in DENSE])
def test_the_rounding_of_a_sum_over_thousands_of_neurons_is_no_mistake(kind):
    wide = stress_problem(replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(25, 4097, 3)))
    ((_, check),) = results(kind, "float64", wide, [13])
    assert check.passed, check.reason


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=where_compiled(kind), id=kind.name) for kind in DENSE])
def test_what_one_image_adds_is_not_rounded_away_beside_a_large_weight(kind):
    problem = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(40, 30, 10), learning_rate=((1, 1e-5),))
    images, labels = (np.repeat(rows[:1], N_TRAIN, axis=0) for rows in drawn(problem.layers))
    start = problem.start_state(SEED)
    large = replace(start, W=tuple(np.where(W < 0, -1.5, 1.5) for W in start.W))
    order = problem.order(SEED, 1, 40)
    implementation = kind(dtype="float32")
    implementation.load(problem, (images / 255.0).astype("float32"), labels)
    implementation.reset(large)
    implementation.train(order)
    expected = trajectory(problem, images, labels, large, order).states[-1].W[1] - large.W[1]
    got = implementation.params().W[1] - large.W[1]
    implementation.close()
    assert np.abs(expected).max() / 40 < np.spacing(np.float32(1.5)) / 2 < np.abs(expected).max() / 4
    assert np.linalg.norm(got - expected) < 0.1 * np.linalg.norm(expected)


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=where_compiled(kind), id=kind.name) for kind in KINDS])
def test_a_training_in_two_calls_ends_in_the_same_bits_as_one(kind):
    problem = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(785, 30, 10))
    images, labels = drawn(problem.layers)
    implementation = kind(dtype="float32")
    implementation.load(problem, (images / 255.0).astype("float32"), labels)
    for batch_size in (1, 13):
        order, ends = problem.order(SEED, 8, batch_size), []
        for calls in ((order,), (order[:3], order[3:])):
            implementation.reset(problem.start_state(SEED))
            for steps in calls:
                implementation.train(steps)
            params = implementation.params()
            ends.append(params.W + params.b)
        assert all(np.array_equal(once, twice) for once, twice in zip(*ends, strict=True))
    implementation.close()


@pytest.mark.parametrize(
    ("kind", "file", "right", "wrong"),
    [
        pytest.param(kind, *edit, marks=[where_compiled(kind), *marks], id=f"{kind.name}: {mistake}")
        for kind, mistakes, marks in ((C_FUSED, WRONG_IN_C, []), (RUST_FUSED, WRONG_IN_RUST, [pytest.mark.slow]))
        for mistake, edit in mistakes.items()
    ],
)
def test_a_mistake_in_a_tile_or_around_it_is_found(kind, file, right, wrong, tmp_path):
    home = FOLDERS[kind]
    folder = tmp_path / home.name
    shutil.copytree(home, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(right) == 1
    (folder / file).write_text(text.replace(right, wrong), encoding="utf-8")
    (mistaken,) = (other for other in read_folder(folder) if other.name == kind.name)
    assert issubclass(mistaken, LibraryImplementation)
    plain = replace(find_problem("nielsen"), n_train=N_TRAIN, layers=(785, 30, 10))

    checks = [
        check
        for problem in (plain, stress_problem(plain))
        for _, check in results(mistaken, "float32", problem, (1, 13, N_TRAIN))
    ]

    assert "failed" in [check.status for check in checks]
