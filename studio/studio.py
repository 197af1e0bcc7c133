"""`Studio`: the public class. It holds generators warm and turns requests into clips, sounds and conversations."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generators import registry
from generators.spec import RuntimeConfig
from studio.errors import explained
from studio.library import Library
from studio.performance import StreamChunk
from studio.plan import plan_render, plan_sound
from studio.render import Clip, Signer, render_plan, stream_plan
from studio.request import RenderRequest, SayRequest, SpokenRequest
from studio.runtime import Progress, Run, of_weights
from studio.say import Sound, SoundChunk, levelled_chunks, sound_chunks, write_sound

if TYPE_CHECKING:
    from emotion_embed.perception import Perception
    from emotion_embed.signals.audio import Audio
    from studio.session import Session

Source = str | os.PathLike


class Studio:
    """Makes talking clips; generators and weights are loaded on first use and kept for the next clip.

    Several threads may use one studio at the same time; they share its generators and portraits.

    Every method that makes something takes `progress` and `cancel`: `progress(stage, done, total)` is called from
    several threads; setting the event `cancel` raises `Cancelled` within a second. `BadInput` and `Missing` say in one
    sentence what is wrong; whatever is raised, nothing half-written is left. `options` of `speak`, `animate`,
    `reenact` and `session` are the other fields of `RenderRequest`, those of `say` and `say_stream` of `SayRequest`.
    """

    def __init__(self, runtime: RuntimeConfig | None = None, sign: Signer | None = None) -> None:
        """Load nothing yet.

        Args:
            runtime: threads and device of every generator; None leaves both to them.
            sign: called with the folder in which a clip's files are staged, whole, before they are put in place.
        """
        self._library, self._sign = Library(runtime), sign

    def speak(self, text: str, **options: Any) -> Clip:
        """Let a portrait say a text; see `render`."""
        return self._made({"text": text}, options)

    def animate(self, audio: Source, **options: Any) -> Clip:
        """Let a portrait say a recording; see `render`."""
        return self._made({"audio": audio}, options)

    def reenact(self, video: Source, **options: Any) -> Clip:
        """Let a portrait do what a person does in a video, or what a Live Link Face CSV says, as long as it lasts.

        The clip has the video's own sound, or that of the file `audio`, or none; see `render`.
        """
        return self._made({"video": video}, options)

    def render(
        self, request: RenderRequest, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Clip:
        """Make the clip that `request` describes, and the files beside it."""
        with explained():
            plan = plan_render(request)
            return render_plan(plan, Run(self._library, progress, cancel, plan.notices), self._sign)

    def stream(
        self, request: RenderRequest, *, progress: Progress | None = None, cancel: threading.Event | None = None
    ) -> Generator[StreamChunk]:
        """The same picture and sound as `render`, in chunks of at most 0.4 s as they come; writes nothing.

        Closing the iterator stops the work.
        """
        with explained():
            plan = plan_render(request)
            with Run(self._library, progress, cancel, plan.notices) as run, closing(stream_plan(plan, run)) as chunks:
                yield from chunks

    def session(
        self, *, progress: Progress | None = None, cancel: threading.Event | None = None, **options: Any
    ) -> Session:
        """A conversation with one portrait and voice, whose face lives on between the things it says."""
        from studio.session import Session

        with explained():
            return Session(self._library, _request(options, RenderRequest), progress, cancel)

    def say(
        self, text: str, *, progress: Progress | None = None, cancel: threading.Event | None = None, **options: Any
    ) -> Sound:
        """Say a text into a sound file (.wav, .flac, .mp3 or .ogg).

        The whole file is at −16 LUFS, its true peaks are under −1 dB.
        """
        with explained():
            plan = plan_sound(_request({"text": text, **options}, SayRequest))
            with Run(self._library, progress, cancel, plan.notices) as run:
                return write_sound(plan, run, sound_chunks(plan, run))

    def say_stream(
        self, text: str, *, progress: Progress | None = None, cancel: threading.Event | None = None, **options: Any
    ) -> Iterator[SoundChunk]:
        """The same speech sentence by sentence, as soon as each is spoken; writes nothing.

        Each chunk is brought to a level that lets the whole land near −16 LUFS. Closing the iterator stops the work.
        """
        with explained():
            plan = plan_sound(_request({"text": text, **options}, SayRequest))
            with Run(self._library, progress, cancel, plan.notices) as run:
                yield from levelled_chunks(plan, sound_chunks(plan, run))

    def perceive(self, *sources: Source | Audio, **options: Any) -> Perception:
        """What a person feels, from a message, a recording, a clip, or all of them together.

        A source is an `Audio`, the path of a recording, clip, picture or text file, or else a message; voice and face
        are read only where `voice=True` and `face=True` allow it. See `emotion_embed.perception.perceive`, which takes
        the same `options`.
        """
        from emotion_embed.perception import perceive

        given = [Path(source) if isinstance(source, os.PathLike) else source for source in sources]
        with explained():
            return perceive(*given, **options)

    def warm_up(self, request: RenderRequest | None = None, *, progress: Progress | None = None) -> None:
        """Load the generators that a request (default: any) needs, so that the first clip is as quick as the next."""
        request = request or RenderRequest()
        told = of_weights(progress) if progress else None
        with explained():
            for kind in registry.KINDS:
                name = getattr(request, f"{kind}_generator")
                self._library.generator(kind, name, request.options_of(kind), told)

    def _made(self, content: dict[str, Any], options: dict[str, Any]) -> Clip:
        progress, cancel = options.pop("progress", None), options.pop("cancel", None)
        return self.render(_request({**content, **options}, RenderRequest), progress=progress, cancel=cancel)


def _request(values: dict[str, Any], kind: type[SpokenRequest]) -> Any:
    """A request from keyword arguments, whose paths may be `Path`s."""
    plain = {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in values.items()}
    return kind.from_dict(plain)
