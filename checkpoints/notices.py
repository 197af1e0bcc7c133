"""What a user should know although the work goes on: sentences for the report and the console.

They live in the lowest package so that every package above can give one. A stage's thread inherits the list of the
render that started it, so two renders at once do not mix theirs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_log = logging.getLogger(__name__)
_LIST: ContextVar[list[str] | None] = ContextVar("mien_notices", default=None)


def notice(sentence: str) -> None:
    """Tell the user something once; where nobody gathers notices it is only logged."""
    _log.warning("%s", sentence)
    gathered = _LIST.get()
    if gathered is not None and sentence not in gathered:
        gathered.append(sentence)


@contextmanager
def gathering(notices: list[str]) -> Iterator[None]:
    """Add what is noticed inside, and in the threads of stages that are started inside, to `notices`."""
    token = _LIST.set(notices)
    try:
        yield
    finally:
        _LIST.reset(token)
