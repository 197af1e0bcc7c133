"""Piper, a second and quicker voice: any Piper voice speaks, its feelings put into the finished sound."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="voice",
    name="piper",
    factory="generators.voice.piper:PiperVoice",
    summary="one English voice, or any Piper voice (.onnx) of yours",
    config="generators.voice.piper.configuration:PiperConfig",
    consumes=frozenset({"text"}),
    requires=("piper", "pyworld"),
    install='pip install "mien-studio[piper]"',
    weights=("piper-en-us-joe-medium",),
    voice_weights=("piper-en-us-joe-medium",),
    own_weights=("voice_manner", "homographs"),
    languages=("en-us",),
    voices="generators.voice.piper.voices:voices",
    check="generators.voice.piper.voices:check_voice",
    default_voice="en_US-joe-medium",
    pauses=True,
)

__getattr__ = lazily(__name__, PiperConfig="configuration", PiperVoice="pipeline")
