"""Train `checkpoints/weights/motion_diffusion` from scratch; `mien train motion` makes it follow a person.

    python -m scripts.training.motion.data …                                    # once: the windows in W
    python -m scripts.training.motion --work W --without grid --out DIR --minutes 20  # never met GRID's talker
    python -m scripts.training.motion --work W --start W/state-without-grid.pt --minutes 20  # the product, from that
    python -m scripts.training.motion --export --work W [--out DIR]             # the model's files from the last state

Flow matching over windows of 4 s (see `generators/motion/diffusion`): the network tells clean motion from noisy, from
what is heard, the phones (dropped six times in ten, so that it learns to hear), what is felt (dropped one time in ten,
so that it can be guided) and the style. A run stops after `--minutes`, its rate falling to nothing; it keeps its state
every two minutes, and starts again from there when it is called again.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch

from generators.motion.diffusion.audio_features import DEFAULT_AUDIO_ENCODER, load_audio_encoder
from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.training.batches import set_statistics
from generators.motion.diffusion.training.export import export
from generators.motion.diffusion.training.learning import RATE, calibrate, train
from generators.motion.diffusion.training.windows import Windows
from scripts import ROOT
from scripts.command_line import options_of

WEIGHTS = ROOT / "checkpoints" / "weights" / "motion_diffusion"
_log = logging.getLogger(__name__)


def arguments() -> argparse.Namespace:
    parser = options_of(__doc__, work="keeps what a run needs to go on")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--without", nargs="*", default=[], choices=("grid", "real", "spoken", "nothing"))
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--start", type=Path, help="the state of another run, to go on from its weights with more data")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--audio-encoder", default=DEFAULT_AUDIO_ENCODER, help="whose features the windows have")
    parser.add_argument("--export", action="store_true", help="write the model of the last state and stop")
    return parser.parse_args()


def trained(args: argparse.Namespace, model: MotionTransformer, windows: Windows, state: Path) -> MotionTransformer:
    """The model after a run from nothing, from `--start`, or from where the last one stopped."""
    start = torch.load(args.start, weights_only=True)["average"] if args.start else None
    if start is not None:
        model.load_state_dict(start)
    set_statistics(model, windows, start)
    return train(model, windows, state, args.minutes, args.seed, args.rate)


def main() -> None:
    args = arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(args.seed)
    model = MotionTransformer(
        width=args.width,
        n_layers=args.layers,
        audio_features=args.audio_encoder,
        audio_width=load_audio_encoder(args.audio_encoder).width,
    )
    n_parameters = sum(p.numel() for p in model.parameters())
    state = args.work / ("state" + "".join(f"-without-{name}" for name in args.without) + ".pt")
    notes = {"minutes": args.minutes, "seed": args.seed, "parameters": n_parameters, "without": args.without}
    windows = Windows.read(args.work / "windows", args.without)
    if args.export:
        model.load_state_dict(torch.load(state, weights_only=True)["average"])
    else:
        _log.info("%d windows, %.1f M parameters", len(windows), n_parameters / 1e6)
        notes["windows"] = len(windows)
        model = trained(args, model, windows, state)
    calibrate(model, windows, args.seed)
    export(model, args.out, notes)


if __name__ == "__main__":
    main()
