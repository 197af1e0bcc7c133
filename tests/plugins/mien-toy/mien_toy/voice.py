"""A voice that beeps: every letter is a phone of its own length and pitch, every sentence a part."""

import re
from dataclasses import dataclass

import numpy as np

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.catalog import VoiceInfo
from generators.voice.prosody.prosody import Prosody

RATE_HZ = 16_000
VOWELS = {"a": "ɑ", "e": "ɛ", "i": "i", "o": "oʊ", "u": "u", "y": "ɪ"}
PITCHES_HZ = {"beep_high": 440.0, "beep_low": 220.0}
GAP_S, PAUSE_S = 0.06, 0.3


@dataclass(frozen=True)
class BeepsConfig:
    """`letter_s`: how long a letter lasts, 0.02 to 0.5 s."""

    letter_s: float = 0.08

    def __post_init__(self):
        if not 0.02 <= self.letter_s <= 0.5:
            raise BadInput(f"letter_s is {self.letter_s}; it must be from 0.02 to 0.5.")


def voices():
    """Both of them, for `mien voices`."""
    return [VoiceInfo(name, "beeps", "en-us", "American English", "any", True) for name in PITCHES_HZ]


class Beeps:
    """Beeps text."""

    def __init__(self, config):
        self.config = config

    def stream(self, text, *, voice=None, language=None, prosody=None, pauses=()):
        """One `Speech` per sentence."""
        if voice not in (None, *PITCHES_HZ):
            raise BadInput(f"There is no beep called “{voice}”; there are {' and '.join(PITCHES_HZ)}.")
        sentences = re.finditer(r"[^.!?]*[^\W_][^.!?]*[.!?]*", text)
        return (self._speech(s, text, PITCHES_HZ[voice or "beep_high"], prosody, list(pauses)) for s in sentences)

    def _speech(self, sentence, text, pitch_hz, prosody, pauses):
        words, phones, sound, now_s = [], [], [], 0.0
        found = list(re.finditer(r"[^\W_]+", sentence[0]))
        for i, word in enumerate(found):
            at, end = (sentence.start() + offset for offset in word.span())
            how = prosody(at) if callable(prosody) else prosody or Prosody()
            start_s, letter_s = now_s, self.config.letter_s / how.rate
            for letter in word[0].lower():
                hz = pitch_hz * 2 ** ((how.pitch_semitones + ord(letter) % 7) / 12)
                sound.append(tone(letter_s, hz, 0.3 if letter in VOWELS else 0.1))
                end_s = now_s + len(sound[-1]) / RATE_HZ
                phones.append(Phone(VOWELS.get(letter, letter), now_s, end_s, 1, i))
                now_s = end_s
            words.append(Word(word[0], start_s, now_s, at, end))
            following = sentence.start() + found[i + 1].start() if i + 1 < len(found) else sentence.end()
            asked_s = sum(seconds for offset, seconds in pauses if end <= offset <= following)
            sound.append(tone(max(GAP_S if i + 1 < len(found) else PAUSE_S, asked_s), pitch_hz, 0.0))
            now_s += len(sound[-1]) / RATE_HZ
        return Speech(Audio(np.concatenate(sound), RATE_HZ), tuple(phones), tuple(words))


def tone(duration_s, hz, level):
    """A sine with soft ends."""
    times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    ends = np.minimum(1, np.minimum(times_s, duration_s - times_s) / 0.005)
    return (level * ends * np.sin(2 * np.pi * hz * times_s)).astype(np.float32)
