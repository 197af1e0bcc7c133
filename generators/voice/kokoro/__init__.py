"""Kokoro, the default voice: small, quick, and opened inside so that its prosody can be steered."""

from generators.voice.kokoro.configuration import KokoroConfig
from generators.voice.kokoro.pipeline import KokoroVoice

__all__ = ["KokoroConfig", "KokoroVoice"]
