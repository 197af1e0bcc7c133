"""A request becomes a plan: which sources make the clip, with every check that needs no model before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from checkpoints.errors import BadInput
from checkpoints.notices import gathering, notice
from emotion_embed.track import EmotionTrack
from generators import registry
from generators.spec import resolve
from generators.voice.frontend.letters import check_script
from studio.media.caption_burnin import drawable
from studio.quality.needs import CHECK_WEIGHTS
from studio.request import RenderRequest, SayRequest, SpokenRequest
from studio.script import Script
from studio.sources import (
    FollowedMotion,
    FollowedSpeech,
    MotionSource,
    PerformedMotion,
    PortraitFrames,
    RecordedSpeech,
    Source,
    SpeechSource,
    TextSpeech,
    silence,
)

_NOT_IN_A_SESSION = ("text", "audio", "video", "track", "srt", "vtt", "motion_csv", "check")
Bound = TypeVar("Bound", bound=Source)


@dataclass(frozen=True)
class Plan:
    """Everything that a runner needs to know of a clip.

    Attributes:
        request: what was asked for.
        script: what will be said, as far as it is known.
        track: what is felt, as far as it is known before a word is spoken.
        speech, motion, frames: where sound, motion and pictures come from; `motion` is None where the head makes its
            frames without one.
        outputs: every file that will be written.
        notices: what its user should know already.
    """

    request: RenderRequest
    script: Script
    track: EmotionTrack
    speech: SpeechSource
    motion: MotionSource | None
    frames: PortraitFrames
    outputs: tuple[Path, ...]
    notices: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, Source]:
        """The sources by kind."""
        found = {"voice": self.speech, "motion": self.motion, "head": self.frames}
        return {kind: source for kind, source in found.items() if source is not None}

    @property
    def fps(self) -> float:
        """Frames per second at which motion and frames are made: the head's own, else the clip's."""
        return self.frames.spec.native_fps or float(self.request.frame_rate())

    def weights(self) -> list[str]:
        """Every set of the catalogue that will be read, each once; those of the check as well."""
        names = [name for source in self.sources.values() for name in source.weights()]
        return list(dict.fromkeys([*names, *(CHECK_WEIGHTS if self.request.check else ())]))


@dataclass(frozen=True)
class SoundPlan:
    """The same for a sound without a picture."""

    request: SayRequest
    script: Script
    track: EmotionTrack
    speech: TextSpeech
    notices: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, Source]:
        """The voice."""
        return {"voice": self.speech}

    def weights(self) -> list[str]:
        """Every set of the catalogue that will be read."""
        return list(self.speech.weights())


def plan_render(request: RenderRequest) -> Plan:
    """Choose the sources of a clip. Loads no model, fetches nothing, writes nothing.

    Raises:
        BadInput: It cannot become a clip.
        Missing: Its voice lacks a package, or a reader of its language.
    """
    notices: list[str] = []
    with gathering(notices):
        request.check_inputs()
        _tell_of_script(request)
        motion = _motion_of(request)
        speech = _speech_of(request, motion)
        if request.captions:
            drawable(request.script().text)
    return _plan(request, speech, motion, notices, request.outputs())


def plan_session(request: RenderRequest) -> Plan:
    """Choose the sources of a conversation, in which nobody speaks yet.

    Raises:
        BadInput: There is no such face, voice or manner, or what only a clip has is asked for.
        Missing: The voice lacks a package.
    """
    notices: list[str] = []
    unused = [name for name in _NOT_IN_A_SESSION if getattr(request, name) not in (None, False)]
    if unused:
        raise BadInput(f"A session has no use for the {unused[0].replace('_', ' ')}; leave it out.")
    with gathering(notices):
        request.check_face()
        speech_of_text(request)
    return _plan(request, silence(), _motion_of(request), notices, [])


def _plan(
    request: RenderRequest,
    speech: SpeechSource,
    motion: MotionSource,
    notices: Sequence[str],
    outputs: Sequence[Path],
) -> Plan:
    frames = _bound(PortraitFrames, "head", request, request=request)
    used = motion if "motion" in frames.spec.consumes else None
    if used is None and request.motion_generator != registry.default("motion").name:
        notices = [*notices, f"The head generator {frames.spec.name} makes its frames without a motion: the motion"
                             f" generator {request.motion_generator} is not used."]  # fmt: skip
    return Plan(request, request.script(), request.start_track(), speech, used, frames, tuple(outputs), tuple(notices))


def plan_sound(request: SayRequest) -> SoundPlan:
    """Choose the voice of a sound; raises as `plan_render` does."""
    notices: list[str] = []
    with gathering(notices):
        request.check_inputs()
        _tell_of_script(request)
        speech = speech_of_text(request)
    return SoundPlan(request, request.script(), request.start_track(), speech, tuple(notices))


def speech_of_text(request: SpokenRequest) -> TextSpeech:
    """The voice that says a request's text, once it is known that it can.

    Raises:
        BadInput: An unknown voice, or a text that it cannot read.
        Missing: It is not ready.
    """
    spec = registry.spec("voice", request.voice_generator)
    if request.voice_reference is not None and not spec.clones:
        cloning = " and ".join(other.name for other in registry.specs("voice") if other.clones)
        raise BadInput(
            f"The voice generator {spec.name} cannot speak with the voice of a recording; {cloning} can"
            " (--voice-generator)."
        )
    if spec.check is not None:
        resolve(spec.check)(request)
        check_script(request.script().text)
    if request.script().pauses and not spec.pauses:
        notice(f"The voice generator {spec.name} knows of no pauses; those in the text are passed over.")
    return _bound(TextSpeech, "voice", request, requests=(request,))


def _speech_of(request: RenderRequest, motion: MotionSource) -> SpeechSource:
    recording = registry.implied("voice", "audio")
    if isinstance(motion, FollowedMotion):
        return FollowedSpeech(
            spec=recording, name=recording.name, path=request.audio, motion=motion,
            reads_words=request.reads_words(), language=request.language,
        )  # fmt: skip
    if request.audio is not None:
        return RecordedSpeech(
            recording, recording.name, path=request.audio, script=request.script(), language=request.language
        )
    return speech_of_text(request)


def _motion_of(request: RenderRequest) -> MotionSource:
    if request.video is not None:
        spec = registry.implied("motion", "video")
        fps = registry.spec("head", request.head_generator).native_fps or float(request.frame_rate())
        return FollowedMotion(spec, spec.name, path=request.video, fps=fps, csv_fps=request.csv_fps)
    return _bound(PerformedMotion, "motion", request, style=request.motion_style, csv_fps=request.csv_fps)


def _bound(make: type[Bound], kind: str, asked: SpokenRequest, /, **more: Any) -> Bound:
    """The generator of a kind that a request names, bound to what it asks."""
    name = getattr(asked, f"{kind}_generator")
    spec = registry.spec(kind, name)
    registry.check_installed(spec)
    return make(spec, name, asked.options_of(kind), **more)


def _tell_of_script(request: SpokenRequest) -> None:
    """Word of what in the text will not be heard."""
    script = request.script()
    for remark in script.remarks():
        notice(remark)
    if script.pauses and getattr(request, "audio", None) is not None:
        notice("A recording keeps its own pauses; those in the text are passed over.")
