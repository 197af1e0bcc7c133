"""What the fetching of one set shares between its files: scratch space, a way to be stopped, and what is known."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_CONNECT_S = 5.0
_READ_S = 20.0


class SourceFailed(Exception):
    """This source cannot give the file (now): the message says why in a few words, and the next one is tried."""


class Torn(SourceFailed):
    """The connection broke in the middle: asking the same source again may go on from there."""


class FetchCancelled(Exception):
    """Another thread asked for the work to stop."""


class CancelToken(threading.Event):
    """Set to call work off. `unremoved` holds the folders with archives that somebody must still remove."""

    def __init__(self) -> None:
        super().__init__()
        self.unremoved: set[Path] = set()


@dataclass
class FetchSession:
    """The fetching of one set, to be used as a context.

    `folder` is its scratch space, setting `cancel` calls it off, and `report(n)` is told how many bytes have come of
    the file in work, or of the archive that holds it.
    """

    folder: Path
    cancel: CancelToken
    report: Callable[[int], None] = lambda n_bytes: None
    _unavailable: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Any] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> FetchSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def check_cancelled(self) -> None:
        """Raise `FetchCancelled` when the work has been called off."""
        if self.cancel.is_set():
            raise FetchCancelled

    def mark_unavailable(self, place: str, why: str) -> SourceFailed:
        """Remember that a host or an archive is of no use, so that no further file waits for it."""
        self._unavailable[place] = why
        return SourceFailed(why)

    def check_available(self, place: str) -> None:
        """Raise `SourceFailed` again for what has been marked so."""
        if place in self._unavailable:
            raise SourceFailed(self._unavailable[place])

    def once(self, key: str, make: Callable[[Path], AbstractContextManager]) -> Any:
        """What `make(folder)` opens, made at the first call with this key and kept open until the session is done."""
        self.check_available(key)
        if key not in self._open:
            folder = self.folder / f"archive-{len(self._open) + len(self._unavailable)}"
            self.cancel.unremoved.add(self.folder)
            folder.mkdir()
            try:
                self._open[key] = self._stack.enter_context(make(folder))
            except SourceFailed as error:
                self._unavailable[key] = str(error)
                raise
        return self._open[key]

    @functools.cached_property
    def client(self) -> Any:
        """One `httpx.Client` for the whole session, so that connections are kept."""
        import httpx

        timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
        try:
            return self._stack.enter_context(httpx.Client(follow_redirects=True, timeout=timeout))
        except (ImportError, ValueError, httpx.InvalidURL) as error:  # of a kind or a spelling that it does not know
            raise SourceFailed("the proxy that the environment names cannot be used") from error


def offline_switch() -> str | None:
    """The variable that forbids the network, if one does."""
    on = ("1", "true", "yes", "on")
    return next((v for v in ("MIEN_OFFLINE", "HF_HUB_OFFLINE") if os.environ.get(v, "").strip().lower() in on), None)
