"""A conversation with one face: it says things, one after another, and lives on in between without a jump."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from checkpoints.errors import BadInput
from generators import registry
from studio.errors import explained
from studio.library import Library
from studio.performance import Performance, StreamChunk
from studio.plan import plan_session, speech_of_text
from studio.render import prepare
from studio.request import RenderRequest, check_feeling, check_letters, check_manner, check_text
from studio.runtime import Progress, Run
from studio.sources import SilentSpeech, SpeechSource

LONGEST_IDLE_S = 60 * 60
_MANNER = ("emotion", "vad", "rate", "pitch")  # what may change from one thing that is said to the next


class Session:
    """One portrait and one voice in a conversation; made by `Studio.session`.

    Head, gaze, blinks and feelings go on from where the last thing ended, and one time line runs through all: the
    `start_s` of every chunk counts from the session's start. One thing is said at a time.
    """

    def __init__(self, library: Library, request: RenderRequest, progress: Progress | None = None) -> None:
        """Read the portrait and fetch what is absent.

        Args:
            library: the studio's generators.
            request: portrait, voice, size, seed, generators and options; its text is not used.
            progress: as in `Studio.render`.

        Raises:
            BadInput, Missing: As `Studio.render` does before its work.
        """
        self._library, self._progress = library, progress
        self.plan = plan_session(request)
        self.performance = Performance(self.plan)
        self._turn = threading.Lock()
        with self._run(None) as run:
            prepare(self.plan, run)

    @property
    def duration_s(self) -> float:
        """How long the session lasts so far, on its own time line."""
        return self.performance.n_frames / float(self.plan.request.frame_rate())

    def say(
        self, text: str | Iterable[str], *, cancel: threading.Event | None = None, **manner: Any
    ) -> Iterator[StreamChunk]:
        """Say a text, or texts that arrive one by one, such as the sentences of an answer that is still being written.

        Each is spoken as soon as it is there. Closing the iterator, or setting `cancel`, ends the turn; what was shown
        by then is where the next turn goes on.

        Args:
            text: what is said, with marks; or an iterable of such texts, which may wait for each.
            cancel: set it to interrupt.
            manner: `emotion`, `vad`, `rate` or `pitch` for this turn; feelings hold until others are named.

        Yields:
            `StreamChunk`s of at most 0.4 s.

        Raises:
            BadInput: At the first chunk for a `str`, else when a text that cannot be said arrives.
        """
        if unknown := sorted(set(manner) - set(_MANNER)):
            raise BadInput(f"A session has no “{unknown[0]}” to change; there is {', '.join(_MANNER)}.")
        texts = (text,) if isinstance(text, str) else text
        requests = (self._asked(one, manner) for one in texts)
        if isinstance(text, str):
            requests = iter(list(requests))
        feels = manner.get("emotion") is not None or manner.get("vad") is not None
        feeling = replace(self.plan.request, text=None, **manner).start_emotion() if feels else None
        if feeling is not None:
            self.performance.spoken.feel(feeling)
        source = speech_of_text(self.plan.request)
        yield from self._taken(replace(source, requests=requests), cancel)

    def idle(self, duration_s: float, *, cancel: threading.Event | None = None) -> Iterator[StreamChunk]:
        """Go on living without a word: breath, blinks, gaze.

        Args:
            duration_s: how long, over 0 and up to an hour.
            cancel: set it to stop, for example when there is something to say.

        Raises:
            BadInput: A length that is none.
        """
        if not 0 < duration_s <= LONGEST_IDLE_S:
            raise BadInput(f"{duration_s} s is no time to be idle; it must be over 0 and up to {LONGEST_IDLE_S} s.")
        spec = registry.implied("voice", "")
        yield from self._taken(SilentSpeech(spec, spec.name, duration_s=duration_s), cancel)

    def _asked(self, text: str, manner: dict[str, Any]) -> RenderRequest:
        request = replace(self.plan.request, text=text, **manner)
        for check in (check_letters, check_text, check_feeling, check_manner):
            check(request)
        return request

    def _taken(self, speech: SpeechSource, cancel: threading.Event | None) -> Iterator[StreamChunk]:
        """One turn, once the one before it has ended."""
        with explained(), self._turn, self._run(cancel) as run, closing(self.performance.turn(run, speech)) as chunks:
            yield from chunks

    def _run(self, cancel: threading.Event | None) -> Run:
        return Run(self._library, self._progress, cancel, self.plan.notices)
