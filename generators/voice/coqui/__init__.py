"""Coqui's VITS, YourTTS and XTTS-v2 as voices: an optional extra, loaded from folders that the user has."""

from generators.voice.coqui.configuration import CoquiConfig
from generators.voice.coqui.pipeline import CoquiVoice

__all__ = ["CoquiConfig", "CoquiVoice"]
