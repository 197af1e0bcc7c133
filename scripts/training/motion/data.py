"""Make what `scripts.training.motion` learns from: sound, the feeling asked for, and the motion that goes with both.

    python -m scripts.training.motion.data speak   --data DIR --work W [--minutes 40 --seed 0 --voice-generator piper]
    python -m scripts.training.motion.data perform --data DIR --work W [--seed 0] [--only grid]

`speak` lets Kokoro (any of its readable voices, half of the time in the manner of a random feeling) or Piper read
sentences; it may run several times with other seeds. `perform` strings utterances together with pauses, changes tempo
and size of the voice, lets the procedural performer act them with its RNG anew (gains, blinks, seed, track of
feelings), roughens the sound (rooms, noise, other voices, music, telephones, clipping, whispering) and keeps, window by
window, what Whisper's encoder hears and what is to be moved. LJSpeech is aligned with its words; EmoDB has hand-made
borders. GRID's talker is real: his own tracked face is the motion. Held out for `scripts.evaluation.motion`: the
voices, EmoDB's actors and GRID's clips that `scripts.training.aligner` holds out too.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator

import numpy as np

from generators.motion.diffusion.audio_features import DEFAULT_AUDIO_ENCODER, load_audio_encoder
from generators.motion.diffusion.training.windows import Performance, write_windows
from scripts.command_line import options_of
from scripts.training.motion.grid import real_performances
from scripts.training.motion.performances import performances, without_speech
from scripts.training.motion.speech import read_real, read_spoken, speak

SOURCES = ("grid", "nothing", "real", "spoken")


def performed(source: str, args: argparse.Namespace, rng: np.random.Generator) -> Iterator[Performance]:
    """The performances of one of `SOURCES`."""
    if source == "grid":
        return real_performances(args.data / "speech_face" / "grid_s1", rng, 2)
    if source == "nothing":
        return (without_speech(rng) for _ in range(args.n // 20))
    if source == "real":
        return performances(read_real(args.data, held_out=False), args.n // 3, rng)
    return performances(read_spoken(args.work, held_out=False), args.n, rng)


def main() -> None:
    parser = options_of(__doc__, data=True, work="keeps speech and windows")
    parser.add_argument("step", choices=("speak", "perform"))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--voice-generator", choices=("kokoro", "piper"), default="kokoro")
    parser.add_argument("--only", choices=SOURCES, nargs="+", default=SOURCES)
    parser.add_argument("--audio-encoder", default=DEFAULT_AUDIO_ENCODER, help="see `diffusion.audio_features`")
    parser.add_argument("--n", type=int, default=900, help="performances of synthetic voices; of real ones a third")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if args.step == "speak":
        speak(args.data, args.work, args.minutes, args.seed, args.voice_generator)
        return
    rng, audio_encoder = np.random.default_rng(args.seed), load_audio_encoder(args.audio_encoder)
    for source in (name for name in SOURCES if name in args.only):
        write_windows(args.work, f"{source}-{args.seed}", performed(source, args, rng), audio_encoder, rng)


if __name__ == "__main__":
    main()
