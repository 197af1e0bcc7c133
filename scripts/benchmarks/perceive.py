"""What reading costs: a voice beyond its transcript, a text, a face; as shares of real time, warm.

    python -m scripts.benchmarks.perceive --recording speech.wav [--clip clip.mp4] [--write]

Every stage runs three times on the same sound and the fastest counts: the machine's other work is not ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from emotion_embed.perception import perceive
from emotion_embed.readers.face import read_expression_windows
from emotion_embed.readers.speech import load_speech_reader, speech_pieces
from emotion_embed.readers.text import load_text_reader
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.face_track import track_person
from emotion_embed.signals.recordings import read_audio
from scripts.command_line import options_of
from scripts.evaluation.results import publish

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
    parser = options_of(__doc__, write=True)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--clip", type=Path)
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
        f"`scripts.benchmarks.perceive`, {audio.duration_s:.0f} s of speech, two cores, warm, best of {_TIMES}.", "",
        "| | seconds | of real time |", "|---|---|---|",
        *(f"| {name} | {took:.2f} | {took / audio.duration_s:.3f} |" for name, took in rows),
    ]  # fmt: skip
    if args.clip:
        frames = track_person(args.clip)
        took = fastest_s(lambda: read_expression_windows(track_person(args.clip)))
        lines.append(
            f"| the face of a clip of {frames.duration_s:.0f} s | {took:.2f} | {took / frames.duration_s:.3f} |"
        )
    publish("perceive", "What reading feelings costs", "\n".join(lines), args.write)


if __name__ == "__main__":
    main()
