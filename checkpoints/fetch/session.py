"""What the fetching of one set shares between its files: scratch space, a way to be stopped, and what is known."""

from __future__ import annotations

import functools
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


class Stopped(Exception):
    """Another thread asked for the work to stop."""


class Recall(threading.Event):
    """Set to call work off. `untidy` holds the folders with archives that somebody must still remove."""

    def __init__(self) -> None:
        super().__init__()
        self.untidy: set[Path] = set()


@dataclass
class Errand:
    """The fetching of one set, to be used as a context.

    `folder` is its scratch space, setting `stopped` calls it off, and `report(n)` is told how many bytes have come of
    the file in work, or of the archive that holds it.
    """

    folder: Path
    stopped: Recall
    report: Callable[[int], None] = lambda n_bytes: None
    _dead: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Any] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Errand:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def check(self) -> None:
        """Raise `Stopped` when the work has been called off."""
        if self.stopped.is_set():
            raise Stopped

    def bury(self, place: str, why: str) -> SourceFailed:
        """Remember that a host or an archive is of no use, so that no further file waits for it."""
        self._dead[place] = why
        return SourceFailed(why)

    def check_alive(self, place: str) -> None:
        """Raise `SourceFailed` again for what has been buried."""
        if place in self._dead:
            raise SourceFailed(self._dead[place])

    def once(self, key: str, make: Callable[[Path], AbstractContextManager]) -> Any:
        """What `make(folder)` opens, made at the first call with this key and kept open until the errand is done."""
        self.check_alive(key)
        if key not in self._open:
            folder = self.folder / f"archive-{len(self._open) + len(self._dead)}"
            self.stopped.untidy.add(self.folder)
            folder.mkdir()
            try:
                self._open[key] = self._stack.enter_context(make(folder))
            except SourceFailed as error:
                self._dead[key] = str(error)
                raise
        return self._open[key]

    @functools.cached_property
    def client(self) -> Any:
        """One `httpx.Client` for the whole errand, so that connections are kept."""
        import httpx

        timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
        try:
            return self._stack.enter_context(httpx.Client(follow_redirects=True, timeout=timeout))
        except (ImportError, ValueError, httpx.InvalidURL) as error:  # of a kind or a spelling that it does not know
            raise SourceFailed("the proxy that the environment names cannot be used") from error
