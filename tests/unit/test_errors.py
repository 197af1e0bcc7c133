"""The errors that a caller of the Python API meets, and the names under which the packages hand things on."""

import copy

import pytest

import checkpoints
import studio
from checkpoints import errors


def test_an_error_says_which_field_is_wrong_and_what_would_be_right():
    error = studio.BadInput("There is no emotion “joi”; there is joy.", field="emotion", hint="joy")
    assert (str(error), error.field, error.hint) == ("There is no emotion “joi”; there is joy.", "emotion", "joy")
    assert (studio.Missing("no").field, studio.Missing("no").hint) == (None, None)


def test_an_error_keeps_its_parts_when_it_is_copied_as_for_another_process():
    error = copy.deepcopy(studio.BadInput("no", field="size", hint="512"))
    assert (type(error), str(error), error.field, error.hint) == (errors.BadInput, "no", "size", "512")


def test_every_error_of_ours_is_caught_by_the_first_and_bad_input_as_a_value_error():
    for error in (studio.BadInput, studio.Missing, studio.Cancelled):
        assert issubclass(error, studio.MienError)
    assert studio.InvalidRequestError is studio.BadInput
    assert issubclass(studio.BadInput, ValueError)


@pytest.mark.parametrize("package", [checkpoints, studio])
def test_what_a_package_hands_on_is_there(package):
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    with pytest.raises(AttributeError, match="no_such_name"):
        package.no_such_name  # noqa: B018
