"""Content to sound: voices that speak text, and recordings read as speech."""

from generators.voice.catalog import VoiceInfo, find_voice, list_voices

__all__ = ["VoiceInfo", "find_voice", "list_voices"]
