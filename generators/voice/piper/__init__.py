"""Piper, a second and quicker voice: any Piper voice speaks, its feelings put into the finished sound."""

from generators.voice.piper.configuration import PiperConfig
from generators.voice.piper.pipeline import PiperVoice

__all__ = ["PiperConfig", "PiperVoice"]
