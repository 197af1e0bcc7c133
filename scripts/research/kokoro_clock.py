"""Measure the Kokoro voice: do its phone times agree with what is heard, how fast is it, how soon does sound come?

    python -m scripts.research.kokoro_clock --voices af_heart,am_michael,bf_emma

Hissing (s, ʃ) is found by its energy above 3.5 kHz, voiceless closures (p, t, k) between vowels by the dip below 3 kHz,
vowels by the lag at which they agree best with the energy below 3 kHz. All numbers of a right clock are near zero.
`generators/voice/kokoro/pipeline.py` takes its constant lag of tokens behind sound from these numbers.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.signal import butter, sosfiltfilt

from generators.contracts import Speech, join_speech
from generators.voice.kokoro import KokoroVoice
from scripts.command_line import options_of

HOP_S = 0.005
TEXTS = (
    "She sells sea shells by the sea shore, and he sees his sister.",
    "Six thick thistle sticks face the sun as the bus passes.",
    "A fusion of vision and passion is seizing the nation.",
    "Take the paper to the teacher before a quarter past ten.",
    "I keep a copy of the happy puppy photo upon a cupboard.",
    "The baker took a cup of cocoa to a party.",
)
VOWELS = frozenset("aæɑɐəɛɪiuʊʌɔɒɜeo")


def band_levels_db(speech: Speech, low_hz: float, high_hz: float) -> np.ndarray:
    """Energy of a band every 5 ms."""
    rate_hz = speech.audio.sample_rate_hz
    bandpass = butter(4, [low_hz, high_hz], "bandpass", fs=rate_hz, output="sos")
    filtered = sosfiltfilt(bandpass, speech.audio.samples)
    hop = round(HOP_S * rate_hz)
    frames = filtered[: len(filtered) // hop * hop].reshape(-1, hop)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)


def run_around(mask: np.ndarray, centre: int) -> tuple[int, int]:
    """First and one past the last index of the run of true values that holds `centre`."""
    start = end = centre
    while start > 0 and mask[start - 1]:
        start -= 1
    while end < len(mask) and mask[end]:
        end += 1
    return start, end


def consonant_errors_s(speech: Speech) -> Iterator[tuple[str, float]]:
    """How far heard borders of hisses and closures between vowels lie from their phones' times."""
    low, high = band_levels_db(speech, 80, 3000), band_levels_db(speech, 3500, 11_000)
    neighbours = zip(speech.phones, speech.phones[1:], speech.phones[2:], strict=False)
    for before, phone, after in neighbours:
        if before.symbol[-1] not in VOWELS or after.symbol[0] not in VOWELS or after.start_s - before.end_s > 0.3:
            continue
        first = max(0, int((phone.start_s - 0.06) / HOP_S))
        window = slice(first, int((phone.end_s + 0.06) / HOP_S))
        if phone.symbol in ("s", "ʃ"):
            level = (high - low)[window]
            start, end = run_around(level > np.percentile(level, 95) - 10, int(level.argmax()))
            yield "hiss begins", (first + start) * HOP_S - phone.start_s
            yield "hiss ends", (first + end) * HOP_S - phone.end_s
        elif phone.symbol in ("p", "t", "k"):
            level = low[window]
            start, end = run_around(level < np.percentile(level, 90) - 14, int(level.argmin()))
            if end > start:
                yield "closure begins", (first + start) * HOP_S - phone.start_s
                yield "voice after closure", (first + end) * HOP_S - phone.end_s


def vowel_lag_s(speech: Speech) -> float:
    """The shift of vowels in time at which they agree best with the energy of the voice."""
    level = np.maximum(band_levels_db(speech, 80, 3000), -60)
    spoken = np.zeros(len(level))
    for phone in speech.phones:
        if phone.symbol[0] in VOWELS:
            spoken[int(phone.start_s / HOP_S) : int(phone.end_s / HOP_S)] = 1
    lags = np.arange(-30, 31)
    return HOP_S * lags[int(np.argmax([np.corrcoef(np.roll(spoken, lag), level)[0, 1] for lag in lags]))]


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--voices", default="af_heart,am_michael,bf_emma")
    voices = parser.parse_args().voices.split(",")
    started_s = time.perf_counter()
    kokoro = KokoroVoice.from_pretrained()
    load_s = time.perf_counter() - started_s
    table = Table("voice", "what", "median ms", "quartiles ms", "n")
    n_seconds = spent_s = first_s = 0.0
    for voice in voices:
        errors_s: dict[str, list[float]] = defaultdict(list)
        for text in TEXTS:
            started_s = time.perf_counter()
            parts = kokoro.stream(text, voice=voice)
            first = next(parts)
            first_s = time.perf_counter() - started_s
            speech = join_speech([first, *parts])
            spent_s += time.perf_counter() - started_s
            n_seconds += speech.audio.duration_s
            for what, error_s in consonant_errors_s(speech):
                errors_s[what].append(error_s)
            errors_s["vowels"].append(vowel_lag_s(speech))
        for what, values in errors_s.items():
            low, middle, high = np.percentile(values, [25, 50, 75]) * 1000
            table.add_row(voice, what, f"{middle:.0f}", f"{low:.0f} … {high:.0f}", str(len(values)))
    console = Console()
    console.print(table)
    console.print(f"load {load_s:.2f} s · last first part {first_s:.2f} s · real-time factor {spent_s / n_seconds:.2f}")


if __name__ == "__main__":
    main()
