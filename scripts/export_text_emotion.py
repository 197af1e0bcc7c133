"""Turn what `train_text_emotion.py` learned into `checkpoints/weights/text_emotion`: int8 ONNX, thresholds, scales.

    python scripts/export_text_emotion.py --data DIR --model WORK/model.safetensors [--float DIR]

Weights of every layer become 8-bit whole numbers, a scale for each output channel; activations are scaled as they come.
From GoEmotions' dev split come: each label's threshold, the sharpness at which the labels' probabilities, brought to
the sum 1, tell best how raters share their votes, and how EmoBank's narrow scale lies in the taxonomy's. `--float`
keeps the float model there too, for `evaluate_text_emotion.py` to compare. Needs `pip install "mien-studio[train]"`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[1]))

import checkpoints  # noqa: E402
from emotion_embed import taxonomy  # noqa: E402
from emotion_embed.text import TextReader  # noqa: E402
from scripts.train_text_emotion import (  # noqa: E402
    Corpus,
    TextEmotionModel,
    load_pretrained,
    macro_f1_tuned,
    read_goemotions,
)

WEIGHTS = Path(__file__).parents[1] / "checkpoints" / "weights" / "text_emotion"


class Exported(torch.nn.Module):
    """What the product asks of the model: probabilities of emotions, vad, probabilities of Plutchik's."""

    def __init__(self, model: TextEmotionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        output = self.model(ids, mask)
        return output["go"].sigmoid(), output["vad"], output["xed"].sigmoid()


def export(model: TextEmotionModel, path: Path) -> None:
    """The float graph, for any number of sentences of any length."""
    model.eval()
    model.encoder.config._attn_implementation = "eager"
    ids, mask = torch.randint(1000, 2000, (2, 9)), torch.ones(2, 9, dtype=torch.long)
    batch, length = torch.export.Dim("batch", min=1, max=512), torch.export.Dim("length", min=2, max=512)
    shapes = {"ids": {0: batch, 1: length}, "mask": {0: batch, 1: length}}
    torch.onnx.export(
        Exported(model), (ids, mask), str(path), input_names=["ids", "mask"],
        output_names=["emotions", "vad", "plutchik"], dynamic_shapes=shapes, dynamo=True, external_data=False,
    )  # fmt: skip


def best_sharpness(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The power at which probabilities, brought to the sum 1, are nearest to the raters' labels shared alike."""
    shared = targets / targets.sum(1, keepdims=True)

    def loss(power: float) -> float:
        p = (probabilities + 1e-6) ** power
        return -float((shared * np.log(p / p.sum(1, keepdims=True))).sum(1).mean())

    grid = np.linspace(0.4, 2.5, 43)
    return float(grid[np.argmin([loss(power) for power in grid])])


def vad_map(emobank_vad: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Least squares from EmoBank's scale (and 1) to where the raters' labels lie in the taxonomy, (4, 3)."""
    places = np.array([taxonomy.FEELINGS[taxonomy.canonical(n)].vad for n in taxonomy.LABEL_SETS["goemotions"]])
    truth = targets @ places / targets.sum(1, keepdims=True)
    return np.linalg.lstsq(np.hstack([emobank_vad, np.ones((len(truth), 1))]), truth, rcond=None)[0]


def configure(folder: Path, dev: Corpus) -> None:
    """Write thresholds and scales as the int8 model itself gives them on the dev split."""
    blank = {"sharpness": 1.0, "vad_to_map": np.zeros((4, 3)).tolist()}
    (folder / "config.json").write_text(json.dumps(blank), encoding="utf-8")
    said = TextReader(folder).outputs(dev.texts)
    macro_f1, thresholds = macro_f1_tuned(said.emotions, dev.targets)
    config = {
        "labels": list(taxonomy.LABEL_SETS["goemotions"]),
        "thresholds": np.round(thresholds, 3).tolist(),
        "sharpness": best_sharpness(said.emotions, dev.targets),
        "vad_to_map": np.round(vad_map(said.vad, dev.targets), 4).tolist(),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"int8: GoEmotions dev macro-F1 {macro_f1:.4f}, sharpness {config['sharpness']:.2f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--float", type=Path, help="keep the float model and its tokenizer in this folder")
    parser.add_argument("--minilm", type=Path, help="folder of all-MiniLM-L6-v2; without it, from the catalogue")
    args = parser.parse_args()
    folder = args.minilm or checkpoints.path("minilm-l6-v2")
    model = load_pretrained(folder)
    model.load_state_dict(load_file(args.model))
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        whole = Path(work) / "model.onnx"
        export(model, whole)
        quantize_dynamic(
            whole, WEIGHTS / "model.int8.onnx", per_channel=True, weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"], extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
        if args.float:
            args.float.mkdir(parents=True, exist_ok=True)
            shutil.copy(whole, args.float / "model.onnx")
    shutil.copy(folder / "tokenizer.json", WEIGHTS / "tokenizer.json")
    configure(WEIGHTS, read_goemotions(args.data / "text_emotion" / "goemotions" / "dev.tsv"))
    if args.float:
        for name in ("config.json", "tokenizer.json"):
            shutil.copy(WEIGHTS / name, args.float / name)


if __name__ == "__main__":
    main()
