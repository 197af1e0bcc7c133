"""Does the diffused motion speak, feel and live? Measured on voices, actors and clips that no training saw.

    python -m scripts.evaluation.motion --data ../shared/data --work W                    # every table
    python -m scripts.evaluation.motion --data ../shared/data --work W --only lips cost   # some of them
    python -m scripts.evaluation.motion --data ../shared/data --work W --quick            # few clips, to try it
    python -m scripts.evaluation.motion --data ../shared/data --work W --stranger DIR --write

`--work` is where `scripts.training.motion.data` keeps speech; without any of the held-out voices there, some minutes of
them are spoken first. `--model` is the model to judge (else the product's), `--stranger` the same trained without
GRID's talker. What Whisper hears for the performer by rule is kept in `--work`. OpenFaceFX comes with the extra
`evaluate`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
from scripts.command_line import options_of
from scripts.evaluation.motion.material import QUICK, Material, Sizes
from scripts.evaluation.motion.stage import Stage
from scripts.evaluation.motion.tables import Found, aims_grid
from scripts.evaluation.motion.tables.cost import cost
from scripts.evaluation.motion.tables.feelings import feelings
from scripts.evaluation.motion.tables.life import life
from scripts.evaluation.motion.tables.lips import real_lips, real_speech
from scripts.evaluation.motion.tables.odd import odd
from scripts.evaluation.motion.tables.windows import seeds, windows
from scripts.evaluation.results import write_section

TABLES: dict[str, Callable[[Stage, Material], Found]] = {
    "lips": real_lips,
    "speech": real_speech,
    "emotion": feelings,
    "seeds": seeds,
    "windows": windows,
    "life": life,
    "odd": odd,
    "cost": cost,
}
HEADING = (
    "`scripts.evaluation.motion`: motion itself is measured, not pictures. Nothing heard here was in a training: "
    "GRID's clips, EmoDB's actors, LJSpeech's utterances and Kokoro's voices are those that "
    "`scripts.training.aligner` and `scripts.training.motion.data` hold out. EmoDB's actors all say the same ten "
    "sentences, though, so their voices are new and their words are not, and LJSpeech is one reader whose other "
    "utterances were trained on. GRID's talker is one man with a real face: the first table is the only one against "
    "nature. In all others the motion is held against phones, or against the performer by rule, which taught the "
    "diffusion how feelings, head and eyes move: being like it is no proof of being like people. The model without "
    "GRID's clips has met no real face at all. “Sound alone” is told no phones; “words heard” is told what Whisper "
    "and the aligner make of the same sound, as `mien animate` does. Accents are found by the function that places "
    "the nods where phones are known: that they are met says that the nods are seen, not that a listener would put "
    "them there. OpenFaceFX is asked for what it makes of sound without a transcript. Closed and open are judged by "
    "each performer's own range of lips, as `mien check` judges a finished clip."
)
TITLES = {
    "lips": "Motion: one real man's lips",
    "speech": "Motion: real speech without text",
    "emotion": "Motion: feelings",
    "seeds": "Motion: five seeds",
    "windows": "Motion: where windows join",
    "life": "Motion: head, lids and gaze",
    "odd": "Motion: odd sound",
    "cost": "Motion: what it costs",
}


def arguments() -> argparse.Namespace:
    parser = options_of(__doc__, data=True, work="keeps features and results", write=True)
    parser.add_argument("--model", type=Path, help="another model than the product's")
    parser.add_argument("--stranger", type=Path, help="a model that was trained without GRID's talker")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=list(TABLES))
    parser.add_argument("--quick", action="store_true", help="few clips")
    args = parser.parse_args()
    if args.write and (args.quick or not args.stranger):
        parser.error("only whole tables are written, with --stranger")
    return args


def main() -> None:
    from rich.console import Console

    args, console = arguments(), Console()
    load = lambda folder: DiffusionMotion.from_pretrained(folder, config=DiffusionMotionConfig(backend="onnx"))  # noqa: E731
    stage = Stage(args.work, load(args.model), load(args.stranger) if args.stranger else None)
    material = Material(args.data, args.work, QUICK if args.quick else Sizes())
    found = {}
    for name in args.only:
        start_s = time.perf_counter()
        found[name] = TABLES[name](stage, material)
        for grid in found[name].grids:
            grid.show(console)
        console.print(f"{name}: {time.perf_counter() - start_s:.0f} s\n", style="dim")
        if args.write:
            write_section("motion", "Motion by diffusion", HEADING)
            grids = (aims_grid([found[name]]), *found[name].grids)
            write_section(f"motion-{name}", TITLES[name], "\n\n".join(grid.markdown() for grid in grids))
    aims_grid(found.values()).show(console)


if __name__ == "__main__":
    main()
