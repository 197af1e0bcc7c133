"""Train `checkpoints/weights/motion_diffusion`, or make it follow a person of your own.

    python -m scripts.training.motion.data …                                   # once: the windows in W
    python -m scripts.training.motion --work W --without grid --out DIR --minutes 20    # a model that never met the talker
    python -m scripts.training.motion --work W --start W/state-without-grid.pt --minutes 20  # the product, from that
    python -m scripts.training.motion --export --work W [--out DIR]    # the model's files from the last state
    mien train motion --videos DIR --work W --out DIR [--what style|all] [--minutes 10]

The last form follows one person: their talking videos in a folder are watched and checked (a table says which are
unusable and why), and the model takes on how much they move (`--what style`, at once) or learns from all they do
(`all`), while it remembers what feelings do from acting the same sound with random feelings as before. A model in
`--out` is used as `generators.motion.diffusion.DiffusionMotion.load(folder=DIR)`.

Flow matching over windows of 4 s (see `generators/motion/diffusion`): the network tells clean motion from noisy, from
what is heard, the phones (dropped six times in ten, so that it learns to hear), what is felt (dropped one time in ten,
so that it can be guided) and the style. A run stops after `--minutes`, its rate falling to nothing; it keeps its state
every two minutes, and starts again from there when it is called again.
"""

from __future__ import annotations

from scripts import ROOT

import argparse
import sys
from pathlib import Path

import torch

from generators.motion.diffusion.audio_features import DEFAULT_EARS, load_ears
from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.training.batches import set_statistics
from generators.motion.diffusion.training.export import export
from generators.motion.diffusion.training.learning import RATE, calibrate, train
from generators.motion.diffusion.training.personal import follow
from generators.motion.diffusion.training.windows import Windows

WEIGHTS = ROOT / "checkpoints" / "weights" / "motion_diffusion"


def follow_or_explain(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """`follow`, after what cannot work was refused in a sentence."""
    from checkpoints.errors import MienError

    if args.out.resolve() == WEIGHTS.resolve():
        parser.error("--videos needs --out, a folder of your own: the product's model stays as it is")
    try:
        args.work.mkdir(parents=True, exist_ok=True)
        return follow(args)
    except MienError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="keeps what a run needs to go on")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--without", nargs="*", default=[], choices=("grid", "real", "spoken", "nothing"))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--start", type=Path, help="the state of another run, to go on from its weights with more data")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--ears", default=DEFAULT_EARS, help="what the windows were heard through")
    parser.add_argument("--export", action="store_true", help="write the model of the last state and stop")
    parser.add_argument("--videos", type=Path, help="a folder of one person's talking videos")
    parser.add_argument("--what", choices=("style", "all"), default="all", help="with --videos: what is learned")
    parser.add_argument("--base", type=Path, default=WEIGHTS, help="with --videos: the model to start from")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    if args.videos is not None:
        return follow_or_explain(args, parser)
    model = MotionTransformer(
        width=args.width, n_layers=args.layers, audio_features=args.ears, audio_width=load_ears(args.ears).width
    )
    n_parameters = sum(p.numel() for p in model.parameters())
    state = args.work / ("state" + "".join(f"-without-{name}" for name in args.without) + ".pt")
    notes = {"minutes": args.minutes, "seed": args.seed, "parameters": n_parameters, "without": args.without}
    if args.export:
        model.load_state_dict(torch.load(state, weights_only=True)["average"])
        calibrate(model, Windows.read(args.work / "windows", args.without), args.seed)
    else:
        windows = Windows.read(args.work / "windows", args.without)
        sys.stderr.write(f"{len(windows)} windows, {n_parameters / 1e6:.1f} M parameters\n")
        start = torch.load(args.start, weights_only=True)["average"] if args.start else None
        if start is not None:
            model.load_state_dict(start)
        set_statistics(model, windows, start)
        notes["windows"] = len(windows)
        model = train(model, windows, state, args.minutes, args.seed, args.rate)
        calibrate(model, windows, args.seed)
    export(model, args.out, notes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
