"""Train `checkpoints/weights/motion_diffusion`, or make it follow a person of your own.

    python scripts/make_motion_data.py …                                   # once: the windows in W
    python scripts/train_motion.py --work W --without grid --out DIR --minutes 20    # a model that never met the talker
    python scripts/train_motion.py --work W --start W/state-without-grid.pt --minutes 20  # the product, from that
    python scripts/train_motion.py --export --work W [--out DIR]    # the model's files from the last state
    python scripts/train_motion.py --videos DIR --work W --out DIR [--what style|all] [--minutes 10]

The last form follows one person: their talking videos in a folder are watched and checked (a table says which are
unusable and why), and the model takes on how much they move (`--what style`, at once) or learns from all they do
(`all`), while it remembers what feelings do from acting the same sound with random feelings as before. A model in
`--out` is used as `generators.motion.diffusion.DiffusionMotion.from_pretrained(DIR)`.

Flow matching over windows of 4 s (see `generators/motion/diffusion`): the network tells clean motion from noisy, from
what is heard, the phones (dropped six times in ten, so that it learns to hear), what is felt (dropped one time in ten,
so that it can be guided) and the style. A run stops after `--minutes`, its rate falling to nothing; it keeps its state
every two minutes, and starts again from there when it is called again.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn


from generators.motion.diffusion.audio_features import DEFAULT_EARS, load_ears
from generators.motion.diffusion.conditioning import USUAL_STYLE
from generators.motion.diffusion.configuration import N_AHEAD, N_BEFORE, N_NEW, N_WINDOW, STYLE_NAMES
from generators.motion.diffusion.model import MotionTransformer
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BROW_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    HEAD_COLUMNS,
    LIP_COLUMNS,
    N_MOTION,
    ROTATION,
    SPEECH_COLUMNS,
    TRANSLATION,
)  # fmt: skip

WEIGHTS = Path(__file__).parents[1] / "checkpoints" / "weights" / "motion_diffusion"
BATCH, RATE, WEIGHT_DECAY, WARMUP, EMA = 64, 8e-4, 0.02, 200, 0.999
LIP_NOISE = 0.5  # of a channel's deviation: a feeling's mouth varies less than its head
BROAD = 0.3  # deviations; from there on errors of the speech channels count by their size, not its square
KEEP_S = 120.0
N_STEPS, MOST_NOISE = 8, 1.6
SAMPLED = {"head": HEAD_COLUMNS, "blinks": BLINK_COLUMNS, "gaze": GAZE_COLUMNS, "brows": BROW_COLUMNS}
WORTH_COMPILING_MINUTES = 5
OWN_RATE, OWN_PASSES = 2e-4, 2
VELOCITY_WEIGHT = 3.0


@dataclass(frozen=True)
class Windows:
    """All windows of a corpus in memory, as `make_motion_data.py` keeps them."""

    audio: np.ndarray
    motion: np.ndarray
    emotion: np.ndarray
    valid: np.ndarray
    phones: np.ndarray
    style: np.ndarray
    talker: np.ndarray
    has_phones: np.ndarray
    has_emotion: np.ndarray

    @classmethod
    def read(cls, folder: Path, without: Sequence[str] = ()) -> Windows:
        """Every file of `folder` whose name does not begin with a word of `without`."""
        files = [
            f for f in sorted(folder.glob("*.npz")) if ".half" not in f.name and f.stem.split("-")[0] not in without
        ]
        if not files:
            raise SystemExit(f"There are no windows in {folder}; make them with scripts/make_motion_data.py.")
        parts: dict[str, list[np.ndarray]] = {name: [] for name in cls.__dataclass_fields__}
        for file in files:
            with np.load(file) as kept:
                for name, rows in parts.items():
                    rows.append(kept[name])
        return cls(**{name: np.concatenate(rows) for name, rows in parts.items()})

    def __len__(self) -> int:
        return len(self.motion)


def set_statistics(model: MotionTransformer, windows: Windows, start: dict | None) -> None:
    """What brings motion and style to the model's units, from the data; a model to `start` from keeps its own for
    motion."""
    valid = windows.valid.astype(bool)
    motion = windows.motion[valid].astype(np.float32)
    scale = np.maximum(motion.std(0), 0.01)
    noise = np.ones(N_MOTION, np.float32)
    noise[LIP_COLUMNS] = LIP_NOISE
    noise[SPEECH_COLUMNS] = 0.0
    style_mean, style_scale = np.zeros((2, 5), np.float32), np.ones((2, 5), np.float32)
    for i, grid in enumerate((False, True)):
        own = windows.style[windows.talker == grid]
        if len(own):
            style_mean[i], style_scale[i] = own.mean(0), np.maximum(own.std(0), 0.05)
    found = {"style_mean": style_mean, "style_scale": style_scale}
    if start is None:
        found |= {"mean": motion.mean(0), "scale": scale, "noise_scale": noise}
    for name, value in found.items():
        getattr(model, name).copy_(torch.from_numpy(np.asarray(value, np.float32)))


def channel_weights() -> torch.Tensor:
    """How much each channel counts, (59,): lips most, since there a person sees every error; then what is sampled and
    lives on its own, head, lids and gaze, which would else be the last to be learned."""
    weights = np.full(N_MOTION, 0.5, np.float32)
    weights[SPEECH_COLUMNS] = 1.0
    weights[GAP] = 4.0
    weights[BLINK_COLUMNS] = 2.5
    weights[BROW_COLUMNS] = weights[GAZE_COLUMNS] = 1.2
    weights[ROTATION] = weights[TRANSLATION] = 2.0
    return torch.from_numpy(weights)


# Batches --------------------------------------------------------------------------------------------------------------


def batches(windows: Windows, model: MotionTransformer, rng: np.random.Generator) -> Iterator[dict[str, torch.Tensor]]:
    """Random batches without end, conditions dropped and windows cut as sampling will meet them."""
    weights = np.where(windows.talker, 1.5, 1.0)
    weights = weights / weights.sum()
    mean, scale = model.mean.numpy(), model.scale.numpy()
    style_mean, style_scale = model.style_mean.numpy(), model.style_scale.numpy()
    while True:
        rows = rng.choice(len(windows), BATCH, p=weights)
        motion = (windows.motion[rows].astype(np.float32) - mean) / scale
        talker = windows.talker[rows].astype(int)
        amounts = np.clip((windows.style[rows] - style_mean[talker]) / style_scale[talker], -2.5, 2.5)
        amounts *= rng.random((BATCH, 1)) > 0.3
        one_hot = np.eye(2)[talker] * (rng.random((BATCH, 1)) > 0.03)
        known, valid = cut(windows.valid[rows].astype(np.float32), rng)
        audio = windows.audio[rows].astype(np.float32)
        phones = windows.phones[rows].astype(np.float32) * windows.has_phones[rows, None, None]
        phones *= rng.random((BATCH, 1, 1)) > 0.6
        deaf = (rng.random(BATCH) < 0.12) & (phones[:, 0, -1] > 0)  # phones alone
        audio[deaf] = 0
        sigma = np.where(rng.random(BATCH) < 0.08, 1.0, rng.uniform(0.02, 1.0, BATCH))
        made = {
            "motion": motion, "known": known, "valid": valid, "audio": audio, "phones": phones,
            "emotion": windows.emotion[rows], "style": np.concatenate([amounts, one_hot], axis=1), "sigma": sigma,
            "has_audio": rng.random(BATCH) > 0.08, "has_emotion": windows.has_emotion[rows] & (rng.random(BATCH) > 0.1),
        }  # fmt: skip
        yield {name: torch.from_numpy(np.asarray(value, np.float32)) for name, value in made.items()}


def cut(valid: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which frames are known from before and which count, (b, 100) each: nothing before, a whole second or less of
    it; now and then the window is short."""
    frames = np.arange(N_WINDOW)
    n_known = np.where(rng.random(len(valid)) < 0.65, N_BEFORE, rng.integers(0, N_BEFORE + 1, len(valid)))
    n_known = np.where(rng.random(len(valid)) < 0.12, 0, n_known)
    ends = np.where(rng.random(len(valid)) < 0.3, N_BEFORE + N_AHEAD + rng.integers(5, N_NEW, len(valid)), N_WINDOW)
    valid = valid * (frames >= N_BEFORE - n_known[:, None]) * (frames < ends[:, None])
    known = valid * (frames < N_BEFORE)
    return known.astype(np.float32), valid.astype(np.float32)


def loss_of(
    network: Callable, batch: dict[str, torch.Tensor], weights: torch.Tensor, noise_scale: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Weighed error of the clean motion and of its steps over the frames that are to be made, and that of the gap."""
    clean, known = batch["motion"], batch["known"][..., None]
    sigma = batch["sigma"][:, None, None]
    noisy = (1 - sigma) * clean + sigma * torch.randn_like(clean) * noise_scale
    # What was made before is not perfect either.
    before = clean + 0.05 * torch.randn_like(clean)
    told = {name: batch[name] for name in batch if name != "motion"}
    with torch.autocast(clean.device.type, torch.bfloat16):
        found = network(motion=torch.where(known > 0, before, noisy), **told)
    found = found.float()
    wanted = batch["valid"][..., None] * (1 - known)
    wanted[:, N_BEFORE + N_NEW :] *= 0.3  # heard of only in part, and thrown away
    error = squared(found - clean) * wanted
    whole = torch.where(known > 0, clean, found)
    pairs = batch["valid"][:, 1:, None] * wanted[:, 1:] * batch["valid"][:, :-1, None]
    steps = squared(whole.diff(dim=1) - clean.diff(dim=1)) * pairs
    total = (error * weights).sum() / wanted.sum() / weights.sum() * N_MOTION
    total = total + VELOCITY_WEIGHT * (steps * weights).sum() / pairs.sum() / weights.sum() * N_MOTION
    with torch.no_grad():
        gap = (error[..., GAP].sum() / wanted.sum()).item()
    return total / N_MOTION, gap


def squared(errors: torch.Tensor) -> torch.Tensor:
    """Squared errors (b, n, 59), those of the speech channels less where they are large: a sound that may or may not
    be a closure shall be the likelier of both, and not half of each (Huber 1964)."""
    size = errors.abs()
    broad = torch.where(size < BROAD, errors.square(), 2 * BROAD * size - BROAD**2)
    speech = torch.zeros(N_MOTION, dtype=torch.bool, device=errors.device)
    speech[SPEECH_COLUMNS] = True
    return torch.where(speech, broad, errors.square())


# Learning -------------------------------------------------------------------------------------------------------------


def train(
    model: MotionTransformer, windows: Windows, state: Path, minutes: float, seed: int, rate: float = RATE
) -> MotionTransformer:
    """Learn for `minutes`; the mean of the last weights over time comes back (EMA)."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    spent_s = resume(state, model, average, optimiser)
    weights, started, kept = channel_weights(), time.monotonic() - spent_s, time.monotonic()
    network = quick(model, minutes)
    losses: list[tuple[float, float]] = []
    for step, batch in enumerate(batches(windows, model, rng), start=1):
        share = (time.monotonic() - started) / (60 * minutes)
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = float(rate * min(1.0, step / WARMUP) * 0.5 * (1 + np.cos(np.pi * share)))
        loss, gap = loss_of(network, batch, weights, model.noise_scale)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(EMA, (1 + step) / (10 + step))
            for mean, value in zip(average.parameters(), model.parameters(), strict=True):
                mean.lerp_(value, 1 - keep)
        losses.append((loss.item(), gap))
        if step % 50 == 0:
            recent, left = np.mean(losses[-50:], axis=0), (1 - share) * minutes
            sys.stderr.write(f"step {step}: loss {recent[0]:.4f}, gap {recent[1]:.4f}, {left:.1f} minutes left\n")
        if time.monotonic() - kept > KEEP_S:
            save_state(state, model, average, optimiser, time.monotonic() - started)
            kept = time.monotonic()
    save_state(state, model, average, optimiser, 60 * minutes)
    return average


def quick(model: MotionTransformer, minutes: float) -> Callable:
    """The same network for a run of `minutes`: compiled where that pays, since on a processor its small operations cost
    more than its large ones; there plain attention is also faster backwards than the fused one."""
    if next(model.parameters()).device.type == "cpu":
        model.set_attention_backend("_native_math")
    return torch.compile(model) if minutes >= WORTH_COMPILING_MINUTES else model


def save_state(
    state: Path, model: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, spent_s: float
) -> None:
    """Keep all that a run needs to go on, in one step."""
    half = state.with_suffix(".half")
    torch.save(
        {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(),
         "spent_s": spent_s}, half,
    )  # fmt: skip
    half.replace(state)


def resume(state: Path, model: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer) -> float:
    """Take up a run where it stopped; the seconds that it had learned for, 0 for a new one."""
    if not state.exists():
        return 0.0
    kept = torch.load(state, weights_only=True)
    model.load_state_dict(kept["model"])
    average.load_state_dict(kept["average"])
    optimiser.load_state_dict(kept["optimiser"])
    sys.stderr.write(f"going on after {kept['spent_s'] / 60:.1f} minutes\n")
    return float(kept["spent_s"])


@torch.no_grad()
def calibrate(model: MotionTransformer, windows: Windows, seed: int, n: int = 192, rounds: int = 3) -> None:
    """Let what is sampled move as much as what was learned from: few steps reach too little of the spread, so each
    group of channels starts from more noise. On windows of the training."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline

    pipeline = MotionDiffusionPipeline(model.eval(), FlowMatchEulerDiscreteScheduler(shift=1.0))
    pipeline.set_progress_bar_config(disable=True)
    rng = np.random.default_rng(seed)
    rows = rng.choice(np.flatnonzero(~windows.talker & (windows.valid.sum(1) == N_WINDOW)), n, replace=False)
    given = {name: getattr(windows, name)[rows].astype(np.float32) for name in ("audio", "phones", "emotion")}
    amounts = np.clip((windows.style[rows] - model.style_mean[0].numpy()) / model.style_scale[0].numpy(), -2.5, 2.5)
    given["style"] = np.concatenate([amounts, np.tile([1.0, 0.0], (n, 1))], axis=1).astype(np.float32)
    before = windows.motion[rows].astype(np.float32)
    given |= {"before": before, "known": np.tile(np.arange(N_WINDOW) < N_BEFORE, (n, 1)).astype(np.float32)}
    new = slice(N_BEFORE, N_BEFORE + N_NEW)
    for i in range(rounds):
        made = pipeline(**given, num_inference_steps=N_STEPS, generator=torch.Generator().manual_seed(seed + i)).motion
        for name, columns in SAMPLED.items():
            wanted, found = (m[:, new][..., columns].std(1).mean() for m in (before, made))
            more = float(np.clip(wanted / found, 0.8, 1.25))
            model.noise_scale[columns] = (more * model.noise_scale[columns]).clamp(0.5, MOST_NOISE)
            sys.stderr.write(f"{name}: spread {found / wanted:.2f}, noise {model.noise_scale[columns[0]]:.2f}\n")


# Handing over ---------------------------------------------------------------------------------------------------------


def export(model: MotionTransformer, folder: Path, notes: dict) -> None:
    """Write the pipeline (safetensors, float16), `model.onnx` and `config.json` for the product."""
    from diffusers import FlowMatchEulerDiscreteScheduler

    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline

    folder.mkdir(parents=True, exist_ok=True)
    model.eval().reset_attention_backend()
    statistics = {n: getattr(model, n).tolist() for n in ("mean", "scale", "noise_scale", "style_mean", "style_scale")}
    rounded = copy.deepcopy(model).half().float()  # both files hold the same numbers
    to_onnx(rounded, folder / "model.onnx")
    pipeline = MotionDiffusionPipeline(copy.deepcopy(model).half(), FlowMatchEulerDiscreteScheduler(shift=1.0))
    pipeline.save_pretrained(folder)
    config = {"audio_features": model.config.audio_features, "statistics": statistics, **notes}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


INPUTS = ("motion", "known", "valid", "sigma", "audio", "phones", "emotion", "style", "has_audio", "has_emotion")


def to_onnx(model: MotionTransformer, path: Path) -> None:
    """The network as one ONNX file whose weights are stored in float16 and computed with in float32."""
    import onnx

    widths = model.config
    shapes = {
        "motion": (2, N_WINDOW, widths.motion_width), "known": (2, N_WINDOW), "valid": (2, N_WINDOW), "sigma": (2,),
        "audio": (2, N_WINDOW, widths.audio_width), "phones": (2, N_WINDOW, widths.phone_width),
        "emotion": (2, N_WINDOW, widths.emotion_width), "style": (2, widths.style_width), "has_audio": (2,),
        "has_emotion": (2,),
    }  # fmt: skip
    given = tuple(torch.rand(shapes[name]) for name in INPUTS)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.onnx.export(
        model, given, dynamo=True, input_names=list(INPUTS), output_names=["clean"],
        dynamic_shapes={name: {0: batch} for name in INPUTS}, verbose=False,
    )  # fmt: skip
    half = path.with_suffix(".half.onnx")
    program.save(half, external_data=False)
    onnx.save(with_half_weights(onnx.load(half)), path)
    half.unlink()


def with_half_weights(model: object) -> object:
    """Large weights as float16 with a cast behind each, which onnxruntime folds away when it opens the file."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > 256:
            name, values = tensor.name, numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + ".half"))
            casts.append(helper.make_node("Cast", [name + ".half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    return model


# A person of your own ------------------------------------------------------------------------------------------------


def follow(args: argparse.Namespace) -> int:
    """`--videos`: the product's model (or `--base`) as one person moves."""
    from scripts.make_motion_data import keep
    from scripts.own_footage import look_through, own_performances, own_style, remembered

    from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig
    from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline

    footage = look_through(args.videos, args.work)
    model = MotionDiffusionPipeline.from_pretrained(args.base, dtype=torch.float32).transformer
    amounts = own_style(footage, model.style_mean.numpy(), model.style_scale.numpy())
    said = ", ".join(f"{n} {a:+.2f}" for n, a in zip(STYLE_NAMES, amounts - USUAL_STYLE, strict=True))
    sys.stderr.write(f"style: {said}\n")
    if args.what == "all":
        folder, rng = args.work / "own", np.random.default_rng(args.seed)
        if not (folder / "windows").exists():
            base = DiffusionMotion.from_pretrained(args.base, config=DiffusionMotionConfig(backend="torch"))
            for i in range(OWN_PASSES):
                keep(folder, f"own-{i}", own_performances(footage), base.ears, rng)
                keep(folder, f"remembered-{i}", remembered(footage, base, rng), base.ears, rng)
        windows = Windows.read(folder / "windows")
        model = train(model, windows, args.work / "own.pt", args.minutes, args.seed, OWN_RATE)
    # A model that learned from the person is told their style in its own words, and needs no help to show it.
    more = (amounts - USUAL_STYLE).tolist()
    shown = {"own_style": amounts.tolist()} if args.what == "all" else {"own_style": more, "lacking_style": more}
    shown["usual_style"] = amounts.tolist()
    export(model, args.out, {**shown, "videos": len(footage), "what": args.what})
    return 0


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
