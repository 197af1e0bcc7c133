"""Coqui's VITS, YourTTS and XTTS-v2 as voices: an optional extra, loaded from folders that the user has."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="voice",
    name="coqui",
    factory="generators.voice.coqui:CoquiVoice",
    summary="VITS, YourTTS and XTTS-v2 from folders of yours; speaks with the voice of a recording",
    config="generators.voice.coqui.configuration:CoquiConfig",
    consumes=frozenset({"text"}),
    requires=("TTS", "pyworld"),
    install='pip install "mien-studio[coqui]"',
    own_weights=("voice_manner", "phone_aligner", "homographs"),
    voices="generators.voice.coqui.voices:voices",
    check="generators.voice.coqui.voices:check_voice",
    clones=True,
    pauses=True,
)

__getattr__ = lazily(__name__, CoquiConfig="configuration", CoquiVoice="pipeline")
