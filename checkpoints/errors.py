"""The errors that reach a user as one clear sentence, each with its exit status.

They live in the lowest package so that every package above can raise them.
"""


class MienError(Exception):
    """An error whose message is one sentence for the user; `exit_status` is what `mien` leaves with."""

    exit_status = 1


class BadInput(MienError, ValueError):
    """The request cannot be carried out as asked: the message says what is wrong and what would be right."""

    exit_status = 2


class Missing(MienError):
    """Weights, an extra or a device are not there: the message names the command that mends it."""

    exit_status = 3


class Cancelled(MienError):
    """The user stopped the work; nothing half-written is left."""

    exit_status = 130
