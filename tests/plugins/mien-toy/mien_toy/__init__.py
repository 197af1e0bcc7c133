"""A voice, a motion source and a head for Mien Studio, none of them with a model. Imports nothing heavy."""

from generators.spec import GeneratorSpec

VOICE = GeneratorSpec(
    kind="voice",
    name="beeps",
    factory="mien_toy.voice:Beeps",
    summary="a beep for every letter",
    config="mien_toy.voice:BeepsConfig",
    languages=("en-us",),
    voices="mien_toy.voice:voices",
    check="generators.voice.catalog:check_named_voice",
    default_voice="beep_high",
    pauses=True,
)
MOTION = GeneratorSpec(
    kind="motion",
    name="jaw",
    factory="mien_toy.motion:Jaw",
    summary="a jaw that follows loudness, corners that follow joy",
)
HEAD = GeneratorSpec(
    kind="head",
    name="circle",
    factory="mien_toy.head:Circle",
    summary="a circle whose mouth follows loudness, in the colour of the feeling",
    config="mien_toy.head:CircleConfig",
    consumes=frozenset({"speech", "emotion"}),
    native_fps=12.0,
)
