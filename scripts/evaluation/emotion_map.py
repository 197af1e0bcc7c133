"""From points and names to feelings: how near `--vad` comes to what was asked, and what a named feeling adds to a face.

    python -m scripts.evaluation.emotion_map [--write]

Points: a grid over the cube of valence–arousal–dominance, those inside the convex hull of the named feelings apart.
Faces: mean channels of sampled motion over sentences and seeds, less those without a feeling.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
from scipy.spatial import ConvexHull

from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank
from emotion_embed.state import NEUTRAL, EmotionState, parse_emotion
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import CHANNEL_INDEX, Speech
from generators.motion.diffusion import conditioning
from generators.motion.diffusion.pipeline import DiffusionMotion
from generators.timeline import place
from generators.voice.kokoro.pipeline import KokoroVoice
from scripts.evaluation.results import publish

N_STEPS = 21  # of the grid, along each axis
SENTENCES = (
    "The train to the coast leaves at half past nine.",
    "I put the letters on the kitchen table.",
    "There are four chairs in the room upstairs.",
)
SEEDS = (0, 1)
NAMES = ("boredom", "calm", "hope", "nostalgia", "rage")
CHANNELS = ("browInnerUp", "browDownLeft", "eyeWideLeft", "eyeBlinkLeft", "mouthSmileLeft", "mouthFrownLeft")


def eight_points(vad: np.ndarray) -> np.ndarray:
    """Where a point arrived (3,) when only the eight basic emotions were mapped, by inverse-square distances."""
    points = np.array(list(taxonomy.VAD.values()))
    shares = 1 / (np.square(points - vad).sum(1) + 0.02) ** 2
    shares /= shares.sum()
    return np.where(shares > 0.03, shares, 0) @ points


def named_points(vad: np.ndarray) -> np.ndarray:
    """Where it arrives now, (3,)."""
    return np.array(taxonomy.mean_vad(taxonomy.mixture_at(vad.tolist())))


def points_table() -> str:
    """How far what arrives lies from what was asked for, before and now."""
    axis = np.linspace(-1, 1, N_STEPS)
    grid = np.stack(np.meshgrid(axis, axis, axis), -1).reshape(-1, 3)
    hull = ConvexHull([feeling.vad for feeling in taxonomy.FEELINGS.values()])
    inside = (grid @ hull.equations[:, :3].T + hull.equations[:, 3] <= 1e-9).all(1)
    ways = {"eight basic emotions": eight_points, "all named feelings": named_points}
    lines = ["| mapped over | mean error inside | largest | mean error outside |", "|---|---|---|---|"]
    for way, arrives in ways.items():
        errors = np.linalg.norm([np.subtract(arrives(point), point) for point in grid], axis=1)
        row = (errors[inside].mean(), errors[inside].max(), errors[~inside].mean())
        lines.append(f"| {way} | " + " | ".join(f"{value:.3f}" for value in row) + " |")
    said = (
        f"{len(grid)} points of the cube; {inside.sum()} lie inside the convex hull of the 56 named feelings. Outside, "
        "the nearest mixture is shown, and the point itself handed on beside it."
    )
    return said + "\n\n" + "\n".join(lines)


@contextmanager
def told(embedding: np.ndarray | None) -> Iterator[None]:
    """The model is told this embedding (32,) instead of that of the mixture."""
    usual = conditioning.emotion_features

    def features(weights: np.ndarray) -> np.ndarray:
        found = usual(weights)
        return found if embedding is None else np.concatenate([found[:, :7], np.tile(embedding, (len(found), 1))], 1)

    with patch.object(conditioning, "emotion_features", features):
        yield


def mean_face(model: DiffusionMotion, parts: list[Speech], emotion: EmotionState) -> np.ndarray:
    """Mean channels (52,) over sentences and seeds."""
    track = EmotionTrack((EmotionKey(0.0, emotion),))
    rows = []
    for seed in SEEDS:
        performer = model.start(seed=seed, fps=25.0)
        rows += [performer.perform(part).blendshapes for part in place(parts, track)]
    return np.concatenate(rows).mean(0)


def faces_table() -> str:
    """What each way of telling a named feeling does to a face."""
    model, bank = DiffusionMotion.from_pretrained(), load_emotion_bank()
    voice = KokoroVoice.from_pretrained()
    parts = [part for sentence in SENTENCES for part in voice.stream(sentence)]
    rest, neutral = mean_face(model, parts, NEUTRAL), bank.read(bank.embed(NEUTRAL).mean)
    columns = [CHANNEL_INDEX[name] for name in CHANNELS]
    lines = ["| feeling | told as | " + " | ".join(CHANNELS) + " |", "|---|---|" + "---|" * len(CHANNELS)]
    for name in NAMES:
        state = parse_emotion(name)
        mixture = EmotionState(state.weights)
        embedding = bank.read(bank.embed(state).mean) - neutral
        for way, emotion, other in (
            ("its mixture", mixture, None), ("its embedding", mixture, embedding), ("its name", state, None),
        ):  # fmt: skip
            with told(other):
                shown = (mean_face(model, parts, emotion) - rest)[columns]
            lines.append(f"| {name} | {way} | " + " | ".join(f"{value:+.2f}" for value in shown) + " |")
    said = (
        f"Mean channels over {len(SENTENCES)} sentences and {len(SEEDS)} seeds, less those without a feeling. Told the "
        "embedding of a finer feeling, of which it has learned none, the model goes astray: bored, it smiles. By name, "
        "the face of the feeling's action units stands in the place of its mixture's."
    )
    return said + "\n\n" + "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/RESULTS.md")
    arguments = parser.parse_args()
    text = f"`scripts.evaluation.emotion_map`\n\n{points_table()}\n\n{faces_table()}"
    publish("emotion_map", "Points and names of feelings", text, arguments.write)


if __name__ == "__main__":
    main()
