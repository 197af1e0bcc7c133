"""The chosen styles: validated on fresh pairs, and exported as the product's style bank."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from emotion_embed.readers.speech import LABELS, load_speech_reader
from generators.voice.prosody.prosody import COLUMNS, N_COLUMNS, N_STYLE
from scripts.research.voice_style.listening import AcousticJudge, Stage
from scripts.research.voice_style.space import LOUDNESS_AND_PAUSES, SENTENCES, SOUGHT, STEP, VOICES, manner_of


def validate(work: Path, seed: int, n: int, scales: tuple[float, ...]) -> None:
    """The best manners at several strengths on fresh pairs of a search voice and a sentence, every judge asked."""
    rng = np.random.default_rng(seed)
    stage, judge, reader = Stage(), AcousticJudge.trained(Path(), work), load_speech_reader()
    pairs = [(str(rng.choice(VOICES)), str(rng.choice(SENTENCES))) for _ in range(n)]

    def listen(theta: np.ndarray) -> list[dict]:
        return [stage.play(voice, sentence, theta) for voice, sentence in pairs]

    plain = listen(np.zeros(len(STEP)))
    table = Table("feeling", "strength", "own", "acoustic", "same voice", "P.808", "P.835", "words wrong")
    with np.load(work / "best.npz") as best:
        for label in SOUGHT:
            for scale in scales:
                clips = list(zip(listen(scale * best[LABELS[label]]), plain, strict=True))
                cells = (
                    np.mean([reader.votes(c["own"][None]).mean(0)[0].argmax() == label for c, _ in clips]),
                    np.mean([judge.logits(c["acoustic"], p["acoustic"]).argmax() == label for c, p in clips]),
                    np.mean([c["speaker"] @ p["speaker"] for c, p in clips]),
                    *np.mean([c["mos"] / p["mos"] for c, p in clips], axis=0),
                    np.mean([c["errors"] - p["errors"] for c, p in clips]),
                )
                table.add_row(LABELS[label], f"{scale:.2f}", *(f"{cell:.2f}" for cell in cells))
    Console().print(table)


def style_axes() -> np.ndarray:
    """Axes of the manner space, (2, 16, 128): the principal components of the voices' timbre and prosody halves, each
    as long as one standard deviation of the voices along it."""
    import checkpoints

    folder = checkpoints.path("kokoro-voices")
    rows = np.array([np.fromfile(f, np.float32).reshape(-1, 256)[40] for f in _voice_files(folder)])
    axes = []
    for half in (rows[:, :128], rows[:, 128:]):
        _, lengths, directions = np.linalg.svd(half - half.mean(0), full_matrices=False)
        axes.append(directions[: N_STYLE // 2] * (lengths[: N_STYLE // 2, None] / np.sqrt(len(rows))))
    return np.array(axes, np.float32)


def _voice_files(folder: Path) -> list[Path]:
    from generators.voice.catalog import list_voices

    return [folder / f"{voice.name}.bin" for voice in list_voices() if voice.generator == "kokoro"]


def export(work: Path, strengths: dict[str, float]) -> None:
    """Write the bank of manners with the product's weights."""
    from safetensors.numpy import save_file

    import checkpoints
    from generators.voice.prosody.style_bank import emotion_key

    with np.load(work / "best.npz") as best:
        codes = {name: manner_of(strengths.get(name, 1.0) * best[name]) for name in best.files}
    # No judge here knows these two: set between their neighbours in valence and arousal, with what the reviews say.
    codes["surprise"] = 0.55 * codes["joy"] + 0.35 * codes["fear"]
    codes["surprise"][COLUMNS["final_semitones"]] += 2.0
    codes["contempt"] = 0.45 * codes["boredom"] + 0.4 * codes["disgust"]
    for name, (loudness_db, pauses) in LOUDNESS_AND_PAUSES.items():
        codes[name][[COLUMNS["energy_db"], COLUMNS["pause_scale"]]] = loudness_db, pauses
    names = ["neutral", *sorted(codes)]
    folder = checkpoints.weights_path("voice_manner")
    folder.mkdir(exist_ok=True)
    rows = np.array([np.zeros(N_COLUMNS), *(codes[n] for n in names[1:])], np.float32)
    save_file(
        {
            "keys": np.array([emotion_key(n) for n in names], np.float32),
            "codes": rows,
            "axes": np.ascontiguousarray(style_axes()),
        },
        folder / "model.safetensors",
    )
    config = {"names": names, "temperature": ATTENTION_TEMPERATURE, "strengths": strengths}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    Console().print(f"{len(names)} codes are in {folder}")


ATTENTION_TEMPERATURE = 0.25
