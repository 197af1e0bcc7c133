"""Kokoro, the default voice: small, quick, and opened inside so that its prosody can be steered."""

from generators.spec import GeneratorSpec, lazily

SPEC = GeneratorSpec(
    kind="voice",
    name="kokoro",
    factory="generators.voice.kokoro:KokoroVoice",
    summary="28 English voices and 20 in six other languages, on the processor",
    config="generators.voice.kokoro.configuration:KokoroConfig",
    consumes=frozenset({"text"}),
    requires=("espeakng_loader",),
    install="pip install espeakng-loader",
    weights=("kokoro-v1.0-int8", "kokoro-voices"),
    voice_weights=("kokoro-voices",),
    own_weights=("voice_manner", "homographs"),
    languages=("en-us", "en-gb", "es", "fr-fr", "hi", "it", "pt-br"),
    voices="generators.voice.kokoro.voices:voices",
    check="generators.voice.catalog:check_named_voice",
    default_voice="af_heart",
    pauses=True,
    is_default=True,
)

__getattr__ = lazily(__name__, KokoroConfig="configuration", KokoroVoice="pipeline")
