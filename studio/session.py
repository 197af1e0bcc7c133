"""A conversation with one face: it says things, one after another, and lives on in between without a jump."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from checkpoints.errors import BadInput
from studio.errors import explained
from studio.library import Library
from studio.performance import Performance, StreamChunk
from studio.plan import plan_session, speech_of_text
from studio.render import prepare
from studio.request import RenderRequest, check_feeling, check_letters, check_manner, check_text
from studio.runtime import Progress, Run
from studio.sources import SpeechSource, silence

LONGEST_IDLE_S = 60 * 60
_MANNER = ("emotion", "vad", "rate", "pitch")  # what may change from one thing that is said to the next


class Session:
    """One portrait and one voice in a conversation; made by `Studio.session`.

    Head, gaze, blinks and feelings go on from where the last thing ended, also where that was broken off: then the face
    comes out of the pose that was shown last. The `start_s` of chunks counts what was shown, from the session's start.
    One thing is said at a time. Memory does not grow with the length of a conversation.

    Attributes:
        notices: what its user should know, such as what the portrait lacks.
    """

    def __init__(
        self,
        library: Library,
        request: RenderRequest,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        """Read the portrait and fetch what is absent.

        Args:
            library: the studio's generators.
            request: portrait, voice, first feeling, size, seed, generators and options.
            progress: told of weights and of the portrait.
            cancel: set it to stop the reading; a turn has a `cancel` of its own.

        Raises:
            BadInput, Missing: As `Studio.render` does before its work.
        """
        self._library, self._progress = library, progress
        self.plan = plan_session(request)
        self.performance = Performance(self.plan)
        self.notices: list[str] = []
        self._feeling = {"emotion": request.emotion, "vad": request.vad}
        self._turn = threading.Lock()
        with self._run(cancel) as run:
            prepare(self.plan, run)
        self._tell(run)

    @property
    def duration_s(self) -> float:
        """How much was shown so far, in seconds."""
        shown = self.performance.n_frames - self.performance.n_skipped
        return shown / float(self.plan.request.frame_rate())

    def say(
        self, text: str | Iterable[str], *, cancel: threading.Event | None = None, **manner: Any
    ) -> Iterator[StreamChunk]:
        """Say a text, or texts that arrive one by one, such as the sentences of an answer that is still being written.

        Each is spoken as soon as it is there. Closing the iterator, or setting `cancel`, ends the turn; what was shown
        by then is where the next turn goes on.

        Args:
            text: what is said, with marks; or an iterable of such texts, which may wait for each.
            cancel: set it to interrupt.
            manner: `emotion` or `vad`, `rate` and `pitch` of this turn. A feeling, named here or by a mark, holds in
                voice and face until another is named.

        Yields:
            `StreamChunk`s of at most 0.4 s.

        Raises:
            BadInput: At the first chunk for a `str`, else when a text that cannot be said arrives; at the first chunk
                also where something else is being said.
        """
        if unknown := sorted(set(manner) - set(_MANNER)):
            raise BadInput(f"A session has no “{unknown[0]}” to change; there is {', '.join(_MANNER)}.")
        texts = (text,) if isinstance(text, str) else text
        if not isinstance(texts, Iterable):
            raise BadInput(f"{text!r} is neither a text nor texts.")
        if isinstance(text, str):
            self._asked(text, manner)
        source = speech_of_text(self.plan.request)
        yield from self._taken(replace(source, requests=self._requests(texts, manner)), cancel)

    def idle(self, duration_s: float, *, cancel: threading.Event | None = None) -> Iterator[StreamChunk]:
        """Go on living without a word: breath, blinks, gaze.

        Args:
            duration_s: how long, over 0 and up to an hour.
            cancel: set it to stop, for example when there is something to say.

        Raises:
            BadInput: A length that is none, or something is being said.
        """
        if not isinstance(duration_s, (int, float)) or not 0 < duration_s <= LONGEST_IDLE_S:
            raise BadInput(f"{duration_s!r} s is no time to be idle; it must be over 0 and up to {LONGEST_IDLE_S} s.")
        yield from self._taken(silence(duration_s), cancel)

    def _requests(self, texts: Iterable[str], manner: dict[str, Any]) -> Iterator[RenderRequest]:
        """Each text as a request, in the voice's thread; the feeling that is named last holds for those behind it."""
        if any(manner.get(name) is not None for name in ("emotion", "vad")):
            self._feeling = {name: manner.get(name) for name in ("emotion", "vad")}
            self.performance.spoken.feel(replace(self.plan.request, text=None, **self._feeling).start_emotion())
        for text in texts:
            request = self._asked(text, manner)
            yield request
            if marks := request.script().marks:
                self._feeling = {"emotion": str(marks[-1].emotion), "vad": None}

    def _asked(self, text: str, manner: dict[str, Any]) -> RenderRequest:
        given = {name: value for name, value in manner.items() if value is not None}
        feeling = self._feeling if not {"emotion", "vad"} & set(given) else {"emotion": None, "vad": None}
        values = {**self.plan.request.to_dict(), **feeling, **given, "text": text}
        request = RenderRequest.from_dict(values)
        for check in (check_letters, check_text, check_feeling, check_manner):
            check(request)
        return request

    def _taken(self, speech: SpeechSource, cancel: threading.Event | None) -> Generator[StreamChunk]:
        """One turn."""
        if not self._turn.acquire(blocking=False):
            raise BadInput("Something is being said; close that turn, or let it end, before the next.")
        try:
            with explained(), self._run(cancel) as run, closing(self.performance.turn(run, speech)) as chunks:
                yield from chunks
            self._tell(run)
        finally:
            self._turn.release()

    def _tell(self, run: Run) -> None:
        self.notices += [sentence for sentence in run.notices if sentence not in self.notices]

    def _run(self, cancel: threading.Event | None) -> Run:
        return Run(self._library, self._progress, cancel, self.plan.notices)
