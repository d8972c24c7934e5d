"""The products of a step: their shapes, and values that neither vanish nor overflow."""

import numpy as np
import pytest

from paragone.implementation.importing import import_folder
from paragone.measure.yardstick import FOLDER

step_products = import_folder(FOLDER / "step_products", "products").step_products


def test_the_products_of_a_step_have_the_shapes_of_the_problem():
    shapes = [(left.shape, right.shape, result.shape) for left, right, result in step_products((4, 3, 2), 5, "float32")]

    assert shapes == [
        ((5, 4), (4, 3), (5, 3)),
        ((4, 5), (5, 3), (4, 3)),
        ((5, 3), (3, 2), (5, 2)),
        ((3, 5), (5, 2), (3, 2)),
        ((5, 2), (2, 3), (5, 3)),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_stay_finite_and_away_from_zero_in_the_dtype_asked_for(dtype):
    for left, right, result in step_products((784, 30, 10), 1000, dtype):
        np.matmul(left, right, out=result)

        assert (left.dtype, result.dtype) == (np.dtype(dtype), np.dtype(dtype))
        assert np.all(np.isfinite(result))
        assert np.all(np.abs(result) > 1e-9)
