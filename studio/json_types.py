"""JSON values as fields of a dataclass."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any

from checkpoints.errors import BadInput

_HUGE = 10**15  # beyond it no whole number is meant for a number of ours, and far beyond it none is one


def typed(name: str, value: Any, kinds: Mapping[str, Any]) -> Any:
    """The value of the field `name` as its kind asks; whole numbers pass for others.

    Raises:
        BadInput: There is no such field (near ones are named), or the value is of another type.
    """
    if name not in kinds:
        near = difflib.get_close_matches(name, kinds, n=2) or ["text", "portrait", "emotion"]
        raise BadInput(f"A request has no field “{name}”; did you mean {' or '.join(near)}?")
    allowed = typing.get_args(kinds[name]) or (kinds[name],)
    if float in allowed and type(value) is int and abs(value) < _HUGE:
        return float(value)
    if type(value) not in allowed:
        wanted = " or ".join("nothing" if kind is types.NoneType else kind.__name__ for kind in allowed)
        raise BadInput(f"The field {name} is {value!r}; it must be {wanted}.")
    return value
