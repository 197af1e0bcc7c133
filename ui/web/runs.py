"""Renders on behalf of a page: each in a thread, told about by small pieces of news, stopped at once when asked."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checkpoints.errors import Cancelled, MienError
from studio import Clip, Studio
from studio.request import RenderRequest

NEWS_EVERY_S = 0.2


@dataclass(frozen=True)
class News:
    """Where a render stands: its `stage` and `share` (0..1) done; at last a `clip`, or a `problem` in one sentence."""

    stage: str = ""
    share: float = 0.0
    clip: Clip | None = None
    problem: str | None = None
    stopped: bool = False


class Runs:
    """The renders that pages have asked for; at most one for each session."""

    def __init__(self, studio: Studio | None = None) -> None:
        self._studio = studio or Studio()
        self._folder = tempfile.TemporaryDirectory(prefix="mien-studio-", ignore_cleanup_errors=True)
        self._stops: dict[str, threading.Event] = {}

    @property
    def folder(self) -> Path:
        """Where clips lie until the server ends."""
        return Path(self._folder.name)

    def stop(self, session: str) -> None:
        """Stop what this session is rendering, if anything."""
        if session in self._stops:
            self._stops[session].set()

    def close(self) -> None:
        """Stop everything and forget all clips."""
        for stop in list(self._stops.values()):
            stop.set()
        self._folder.cleanup()

    def running(self) -> int:
        """How many renders are under way."""
        return len(self._stops)

    def render(self, session: str, values: dict) -> Iterator[News]:
        """Render a request (fields of `RenderRequest` but `out`) and tell how it goes; closing this stops it."""
        self.stop(session)
        run = _Run(self._studio, values, self.folder)
        self._stops[session] = run.stop
        try:
            yield from run.news()
        finally:
            run.stop.set()
            if self._stops.get(session) is run.stop:
                del self._stops[session]


class _Run:
    def __init__(self, studio: Studio, values: dict, folder: Path):
        self.stop = threading.Event()
        self._studio, self._values, self._folder = studio, values, folder
        self._latest, self._ended = News("getting ready"), threading.Event()

    def news(self) -> Iterator[News]:
        threading.Thread(target=self._work, name="mien-run", daemon=True).start()
        while not self._ended.wait(NEWS_EVERY_S):
            yield self._latest
        yield self._latest

    def _work(self) -> None:
        try:
            out = Path(tempfile.mkdtemp(dir=self._folder, prefix=f"{int(time.time())}-")) / "clip.mp4"
            request = RenderRequest.from_dict({**self._values, "out": str(out)})
            clip = self._studio.render(request, progress=self._tell, cancel=self.stop)
            self._latest = News("done", 1.0, clip=clip)
        except Cancelled:
            self._latest = News("stopped", stopped=True)
        except MienError as error:
            self._latest = News("failed", problem=str(error))
        except Exception as error:  # the page must say something whatever happens
            self._latest = News("failed", problem=f"Something went wrong inside ({type(error).__name__}: {error}).")
        finally:
            self._ended.set()

    def _tell(self, stage: str, done: float, total: float) -> None:
        self._latest = News(stage, min(1.0, done / total) if total else 0.0)
