"""Silence as a speech source: what a face that only moves is seen with."""

from generators.spec import GeneratorSpec

SPEC = GeneratorSpec(
    kind="voice",
    name="silence",
    factory="generators.voice.silence.source:SilentVoice",
    summary="silence, as long as a motion lasts or a listener waits",
    is_implied=True,
)
