"""What reading costs: a voice beyond its transcript, a text, a face; as shares of real time, warm.

    python scripts/bench_perceive.py --recording speech.wav [--clip clip.mp4] [--write]

Every stage runs three times on the same sound and the fastest counts: the machine's other work is not ours.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from emotion_embed.perception import perceive  # noqa: E402
from emotion_embed.readers.face import read_expression_windows  # noqa: E402
from emotion_embed.readers.speech import load_speech_reader, speech_pieces  # noqa: E402
from emotion_embed.readers.text import load_text_reader  # noqa: E402
from emotion_embed.signals.asr import transcribe  # noqa: E402
from emotion_embed.signals.audio import read_audio  # noqa: E402
from emotion_embed.signals.face_track import track_person  # noqa: E402
from scripts.results import write_section  # noqa: E402

_TIMES = 3


def fastest_s(work: Callable[[], object]) -> float:
    """Seconds of the fastest of three runs after one to warm up."""
    work()
    took = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--write", action="store_true", help="write docs/RESULTS.md")
    args = parser.parse_args()
    audio = read_audio(args.recording)
    reader, texts = load_speech_reader(), load_text_reader()

    def voice() -> None:
        pieces = speech_pieces(audio)
        reader.read_pieces(pieces)
        reader.read_windows(pieces)

    words = transcribe(audio)
    rows = [
        ("transcript (Whisper base)", fastest_s(lambda: transcribe(audio))),
        ("the voice beyond it: Whisper's inner layers, prosody, whole and windows", fastest_s(voice)),
        (f"its {len(words.words)} words, with causes", fastest_s(lambda: texts.read_sentences(words.text))),
        ("all of `mien perceive --voice`", fastest_s(lambda: perceive(audio, voice=True))),
    ]
    lines = [
        f"`scripts/bench_perceive.py`, {audio.duration_s:.0f} s of speech, two cores, warm, best of {_TIMES}.", "",
        "| | seconds | of real time |", "|---|---|---|",
        *(f"| {name} | {took:.2f} | {took / audio.duration_s:.3f} |" for name, took in rows),
    ]  # fmt: skip
    if args.clip:
        frames = track_person(args.clip)
        took = fastest_s(lambda: read_expression_windows(track_person(args.clip)))
        lines.append(
            f"| the face of a clip of {frames.duration_s:.0f} s | {took:.2f} | {took / frames.duration_s:.3f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")
    if args.write:
        write_section("perceive", "What reading feelings costs", "\n".join(lines))


if __name__ == "__main__":
    main()
