"""The errors that reach a user as one clear sentence, each with its exit status.

    MienError                      1    anything of ours
    ├── BadInput (ValueError)      2    the request cannot be carried out as asked
    ├── Missing                    3    weights, an extra or a device are not there
    └── Cancelled                130    the user stopped the work

`InvalidRequestError` is another name of `BadInput`. They live in the lowest package so that every package above can
raise them; `studio` hands them on.
"""


class MienError(Exception):
    """An error whose message is one sentence for the user; `exit_status` is what `mien` leaves with.

    Args:
        message: The sentence. It stands by itself, also where it names what `field` and `hint` say again.
        field: The field of the request that is wrong, such as "emotion", for a page or a batch that marks it.
        hint: What would be right, or the command that mends it, by itself.
    """

    exit_status = 1

    def __init__(self, message: str = "", *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.hint = hint


class BadInput(MienError, ValueError):
    """The request cannot be carried out as asked: the message says what is wrong and what would be right."""

    exit_status = 2


class Missing(MienError):
    """Weights, an extra or a device are not there: the message names the command that mends it."""

    exit_status = 3


class Cancelled(MienError):
    """The user stopped the work; nothing half-written is left."""

    exit_status = 130


InvalidRequestError = BadInput
