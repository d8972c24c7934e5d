import dataclasses

import numpy as np
import pytest

from paragone.task.mlp.state import State


def state(step=7):
    """A state in which every number is different."""
    numbers = iter(range(1, 1000))

    def tensors(*shapes):
        return tuple(np.array([next(numbers) for _ in range(np.prod(s))], dtype=float).reshape(s) for s in shapes)

    weights, biases = ((3, 4), (2, 3)), ((3,), (2,))
    return State(tensors(*weights), tensors(*biases), tensors(*weights), tensors(*biases), step)


NAMES = list(state().tensors())


def with_tensor(name, change):
    tensors = {key: tensor.copy() for key, tensor in state().tensors().items()}
    tensors[name] = change(tensors[name])
    return State.from_tensors(tensors, 7)


def flip_last_bit(tensor):
    tensor.reshape(-1).view(np.uint64)[-1] ^= 1
    return tensor


def test_tensors_are_named_by_kind_and_layer_parameters_before_updates():
    assert NAMES == ["W1", "b1", "W2", "b2", "dW1", "db1", "dW2", "db2"]


def test_a_state_is_put_together_again_from_its_tensors():
    original = state()
    again = State.from_tensors(original.tensors(), original.step)

    assert again.digest() == original.digest()
    for name, tensor in original.tensors().items():
        assert again.tensors()[name] is tensor


def test_the_flat_state_is_all_tensors_in_the_order_of_their_names_each_row_after_row():
    expected = [tensor.ravel() for tensor in state().tensors().values()]

    assert np.array_equal(np.concatenate(expected), state().flat())


def test_a_state_is_put_together_again_from_its_flat_vector_in_arrays_of_its_own():
    vector = state().flat()
    layers = (state().W[0].shape[1], *(len(b) for b in state().b))
    again = State.from_flat(vector, layers, state().step)
    vector[:] = 0

    assert state().digest() == again.digest()


def test_a_flat_vector_of_another_network_is_an_error():
    with pytest.raises(ValueError, match="reshape"):
        State.from_flat(state().flat()[:-1], (state().W[0].shape[1], *(len(b) for b in state().b)), 0)


def test_the_order_in_which_tensors_are_given_does_not_matter():
    shuffled = dict(reversed(state().tensors().items()))

    assert State.from_tensors(shuffled, 7).digest() == state().digest()


def test_a_missing_tensor_is_an_error():
    tensors = state().tensors()
    del tensors["db2"]

    with pytest.raises(KeyError, match="db2"):
        State.from_tensors(tensors, 0)


def test_more_than_nine_layers_keep_their_order():
    W = [np.full((1, 1), float(layer)) for layer in range(12)]
    deep = State.at_rest(W, [np.zeros(1)] * 12)

    assert [float(w[0, 0]) for w in State.from_tensors(deep.tensors(), 0).W] == list(range(12))


def test_a_state_at_rest_has_no_updates_before_it():
    rest = State.at_rest(state().W, state().b, step=3)

    assert rest.step == 3
    for name, tensor in rest.tensors().items():
        assert tensor.shape == state().tensors()[name].shape
        assert name.startswith("d") == (not tensor.any())


@pytest.mark.parametrize("name", NAMES)
def test_the_digest_sees_the_last_bit_of_every_tensor(name):
    assert with_tensor(name, flip_last_bit).digest() != state().digest()


def test_the_digest_sees_the_step():
    assert state(step=8).digest() != state(step=7).digest()


def test_the_digest_tells_minus_zero_from_zero():
    zeros, minus_zeros = (State.at_rest([np.full((1, 1), z)], [np.zeros(1)]) for z in (0.0, -0.0))

    assert zeros.digest() != minus_zeros.digest()


def test_the_digest_sees_where_a_number_stands():
    assert with_tensor("W1", lambda W: W.reshape(4, 3)).digest() != state().digest()
    assert with_tensor("W1", np.flipud).digest() != state().digest()


def test_the_digest_does_not_see_how_a_tensor_lies_in_memory():
    assert with_tensor("W1", np.asfortranarray).digest() == state().digest()


def test_the_digest_sees_two_layers_exchanged():
    tensors = {f"{kind}{layer}": np.full((2, 2), float(layer)) for kind in ("W", "dW") for layer in (1, 2)}
    tensors |= {f"{kind}{layer}": np.zeros(2) for kind in ("b", "db") for layer in (1, 2)}
    exchanged = tensors | {"W1": tensors["W2"], "W2": tensors["W1"]}

    assert State.from_tensors(tensors, 0).digest() != State.from_tensors(exchanged, 0).digest()


def test_a_layer_without_its_biases_cannot_be_named():
    broken = dataclasses.replace(state(), b=state().b[:1])

    with pytest.raises(ValueError, match="shorter"):
        broken.tensors()


def test_a_state_is_not_changed_by_assignment():
    with pytest.raises(dataclasses.FrozenInstanceError):
        state().step = 1
