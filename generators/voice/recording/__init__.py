"""A recording as a speech source: its own sound, with the words and phones that are heard in it."""

from generators.spec import GeneratorSpec

SPEC = GeneratorSpec(
    kind="voice",
    name="recording",
    factory="generators.voice.recording.source:RecordingVoice",
    summary="the sound of a recording, its words transcribed and its phones aligned",
    consumes=frozenset({"audio"}),
    weights=("whisper-base",),
    own_weights=("phone_aligner",),
    is_implied=True,
)
