"""Train `checkpoints/weights/phone_aligner`, the small acoustic model of `generators/voice/align/alignment.py`.

    python -m scripts.training.aligner --data DIR --work DIR [--minutes 40] [--seed 0]

`--data` holds `text_emotion` (sentences for Kokoro to speak), `speech_emotion/emodb` (hand-made phone borders),
`speech_face/grid_s1` and `speech_plain/ljspeech` (speech with its words); `--work` keeps the synthesised speech.

First the model learns from EmoDB's borders and from Kokoro's own phone times; with it, all speech but EmoDB is aligned
again, and the model that comes with the product learns from those times. `scripts.evaluation.alignment` measures it on
voices and speakers that `HELD_OUT` keeps away from it. Plain NumPy: a perceptron needs no more.
"""

from __future__ import annotations

import sys
from pathlib import Path

from scripts import ROOT
from scripts.command_line import options_of
from scripts.training.aligner.network import save, train
from scripts.training.aligner.speech import read_kokoro, speak
from scripts.training.corpora.emodb import read_emodb
from scripts.training.corpora.utterances import read_grid, read_ljspeech

WEIGHTS = ROOT / "checkpoints" / "weights" / "phone_aligner"


def main() -> int:
    parser = options_of(__doc__, data=True, work="keeps the synthesised speech")
    parser.add_argument("--minutes", type=float, default=40, help="of synthesised speech")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    speak(args.data, args.work, args.minutes, args.seed)
    kokoro = list(read_kokoro(args.work, held_out=False))
    emodb = [u for _, u in read_emodb(args.data / "speech_emotion" / "emodb", held_out=False)]
    first = train([*kokoro, *emodb], args.seed)
    grid = [u for _, u in read_grid(args.data / "speech_face" / "grid_s1", held_out=False)][::3]
    plain = list(read_ljspeech(args.data / "speech_plain" / "ljspeech"))
    again = [u.realigned(first, 0.12) for u in kokoro] + [u.realigned(first) for u in (*grid, *plain)]
    model = train([*(u for u in again if u is not None), *emodb, *emodb], args.seed + 1)
    save(model, args.out, args.seed, args.minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
