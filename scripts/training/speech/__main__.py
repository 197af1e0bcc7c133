"""Train `checkpoints/weights/speech_emotion`, the head of `emotion_embed/readers/speech.py`, and measure it honestly.

    python -m scripts.training.speech --data DIR --work DIR [--seed 0]       # trains, writes the weights
    python -m scripts.training.speech --data DIR --work DIR --evaluate       # leave-one-speaker-out, the table

`--data` holds `speech_emotion/{emodb,crema_d}`, `speech_plain/ljspeech` and `speech_face/grid_s1`; `--work` keeps the
features (the first run takes about a quarter of an hour on two cores).

Labels are soft: of a clip that only 70 % of EmoDB's listeners recognised, a part goes to what CREMA-D's listeners
confuse with it. Every clip is also heard faster and slower, in noise and through a narrow line, whole and one second of
it.

Kokoro's voices, which speak with the prosody that our own voice generator gives each feeling, are SYNTHETIC. With very
soft labels they tell the heads that foreign speech is not neutral for being foreign; LJSpeech and GRID, which are read
without feeling, that it is not sad either. The neutral clips of all of them also tell what differs between speakers
and recordings: the directions that are projected out.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from scripts import ROOT
from scripts.command_line import options_of
from scripts.evaluation.results import publish
from scripts.training.speech.features import acted_clips, other_voices
from scripts.training.speech.heads import build
from scripts.training.speech.labels import other_soft_targets, soft_targets
from scripts.training.speech.report import ANCHORS, HEADING, domain_table, leave_one_speaker_out, table

WEIGHTS = ROOT / "checkpoints" / "weights" / "speech_emotion"


def main() -> None:
    parser = options_of(__doc__, data=True, work="keeps features and results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--domains", action="store_true", help="with --evaluate: also leave each other corpus out")
    parser.add_argument("--write", action="store_true", help="with --evaluate: write docs/RESULTS.md")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    clips = acted_clips(args.data / "speech_emotion" / "emodb", args.work / "emodb.npz", args.seed)
    others = other_voices(args.data, args.work, args.seed)
    targets, other_targets = soft_targets(clips, args.data), other_soft_targets(others.labels, args.data)
    if args.evaluate:
        probabilities, reliability = leave_one_speaker_out(clips, others, targets, other_targets)
        np.savez(
            args.work / "held_out.npz", probabilities=probabilities, reliability=reliability, names=clips.names,
            variants=clips.variants,
        )  # fmt: skip
        text = table(clips, probabilities)
        text = f"{HEADING}\n\n{text}\n\n{ANCHORS}"
        if args.domains:
            text += "\n\n" + domain_table(clips, others, targets, other_targets)
        publish("speech_emotion", "Feelings in the voice", text, args.write)
        return
    from safetensors.numpy import save_file

    weights, config = build(clips, others, targets, other_targets)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    half = {
        k: np.ascontiguousarray(v, np.float32 if k in ("mean", "scale") else np.float16) for k, v in weights.items()
    }
    save_file(half, WEIGHTS / "model.safetensors")
    (WEIGHTS / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"temperature {config['temperature']:.2f}, familiar radius {config['familiar_radius']}\n")


if __name__ == "__main__":
    main()
