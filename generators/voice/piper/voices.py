"""The voice that Piper comes with; any other is named by the path of its .onnx."""

from __future__ import annotations

from generators.voice.catalog import VoiceInfo, VoiceRequest, check_named_voice, is_ready, state_of
from generators.voice.piper import SPEC

OWN_VOICE = SPEC.default_voice or ""


def voices() -> list[VoiceInfo]:
    """The one that comes with it."""
    state, note = state_of(SPEC)
    return [VoiceInfo(OWN_VOICE, SPEC.name, "en-us", "American English", "male", is_ready(state), note, state)]


def check_voice(request: VoiceRequest) -> None:
    """Raise `BadInput` or `Missing` before any work for a name that cannot speak; a file is looked at when it is
    opened."""
    if request.voice is not None and not request.voice.endswith(".onnx"):
        check_named_voice(request)
