"""Turn what `scripts.training.text.emotion` learned into `checkpoints/weights/text_emotion`: int8 ONNX, thresholds.

    python -m scripts.training.text.export --data DIR --model WORK/model.safetensors [--float DIR]

Weights of every layer become 8-bit whole numbers, a scale for each output channel; activations are scaled as they come.
From GoEmotions' dev split come: each label's threshold, the sharpness at which the labels' probabilities, brought to
the sum 1, tell best how raters share their votes, and how EmoBank's narrow scale lies in the taxonomy's. `--float`
keeps the float model there too, for `scripts.evaluation.text_emotion` to compare. Needs the packages of
`pip install "mien-studio[train]"`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

import checkpoints  # before onnxruntime, whose reports it ends
from scripts import ROOT
from scripts.command_line import options_of

# isort: split
import onnx
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic

from emotion_embed import taxonomy
from emotion_embed.readers.text import TextReader
from emotion_embed.readers.text_normalisation import normalise_text
from emotion_embed.signals.onnx_session import open_session, without_traces
from scripts.training.corpora.texts import N_GO
from scripts.training.text.emotion import (
    Corpus,
    TextEmotionModel,
    batches,
    emobank,
    goemotions,
    load_pretrained,
    load_tokenizer,
    macro_f1_tuned,
    padded,
)

WEIGHTS = ROOT / "checkpoints" / "weights" / "text_emotion"


class Exported(torch.nn.Module):
    """What the product asks of the model: probabilities of emotions, vad, probabilities of Plutchik's.

    Valence, arousal and dominance are read from the pooled states of every layer: dominance in particular stands in
    lower ones too (EmoBank dev r +.02 or so over the last layer alone).
    """

    def __init__(self, model: TextEmotionModel) -> None:
        super().__init__()
        self.model = model
        n_layers = model.encoder.config.num_hidden_layers + 1
        self.hands_out_pooled = False  # in place of vad, to fit the readout
        self.readout = torch.nn.Linear(n_layers * model.encoder.config.hidden_size, 3)

    def pooled(self, ids: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """The mean over the tokens after the embeddings and after each layer, each (batch, 384)."""
        states = self.model.encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        weights = mask.unsqueeze(-1).to(states[0].dtype)
        return [(state * weights).sum(1) / weights.sum(1) for state in states]

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        pooled, heads = self.pooled(ids, mask), self.model.heads
        layers = torch.cat(pooled, 1)
        vad = layers if self.hands_out_pooled else self.readout(layers)
        return heads["go"](pooled[-1]).sigmoid(), vad, heads["xed"](pooled[-1]).sigmoid()


@torch.no_grad()
def fit_readout(exported: Exported, work: Path, known: Corpus, dev: Corpus, tokenizer: Tokenizer) -> None:
    """Ridge regression from all layers to EmoBank, on what the 8-bit model itself makes of the sentences, so that it
    knows their noise; how strong the ridge is, and what share the trained head keeps, dev decides for each axis."""
    exported.hands_out_pooled = True
    export(exported, work / "pooled.onnx")
    quantise(work / "pooled.onnx", work / "pooled.int8.onnx")
    exported.hands_out_pooled = False
    session = open_session(work / "pooled.int8.onnx", threads=os.cpu_count() or 1)
    x, x_dev = (_all_layers(session, corpus.texts, tokenizer) for corpus in (known, dev))
    mean, scale = x.mean(0), x.std(0) + 1e-6
    z, z_dev, middle = (x - mean) / scale, (x_dev - mean) / scale, known.targets.mean(0)
    values, vectors = np.linalg.eigh(z.T @ z)
    projected = vectors.T @ (z.T @ (known.targets - middle))
    head = np.zeros((3, x.shape[1]))  # what training itself taught, on the last layer alone
    head[:, -384:] = exported.model.heads.get_parameter("vad.weight").numpy()
    columns = []
    for axis in range(3):
        ridges = [vectors @ (projected[:, axis] / (values + ridge)) for ridge in np.geomspace(1e3, 1e6, 25)]
        options = [
            (1 - share) * ridge + share * head[axis] * scale for ridge in ridges for share in (0, 0.25, 0.5, 0.75)
        ]
        r = [np.corrcoef(z_dev @ column, dev.targets[:, axis])[0, 1] for column in options]
        columns.append(options[int(np.argmax(r))])
        sys.stdout.write(f"EmoBank dev r, {'VAD'[axis]}: {max(r):.3f}\n")
    weight = np.stack(columns) / scale
    exported.readout.weight.copy_(torch.from_numpy(weight).float())
    exported.readout.bias.copy_(torch.from_numpy(middle - weight @ mean).float())


def _all_layers(session: onnxruntime.InferenceSession, texts: list[str], tokenizer: Tokenizer) -> np.ndarray:
    """Pooled states of all layers for each text, (n, 2688), in batches like the product's."""
    rows = [(e.ids, i) for i, e in enumerate(tokenizer.encode_batch([normalise_text(text) for text in texts]))]
    out = np.zeros((len(rows), 7 * 384))
    for batch in batches(rows, 32, None):
        ids, mask = padded([rows[i][0] for i in batch])
        out[batch] = np.asarray(session.run(["vad"], {"ids": ids.numpy(), "mask": mask.numpy()})[0])
    return out


def quantise(path: Path, out: Path) -> None:
    """8-bit whole numbers in place of the layers' weights."""
    quantize_dynamic(
        path, out, per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        extra_options={"MatMulConstBOnly": True}, nodes_to_exclude=head_nodes(path),
    )  # fmt: skip


def export(exported: Exported, path: Path) -> None:
    """The float graph, for any number of sentences of any length."""
    exported.eval()
    exported.model.encoder.config._attn_implementation = "eager"
    ids, mask = torch.randint(1000, 2000, (2, 9)), torch.ones(2, 9, dtype=torch.long)
    batch, length = torch.export.Dim("batch", min=1, max=512), torch.export.Dim("length", min=2, max=512)
    shapes = {"ids": {0: batch, 1: length}, "mask": {0: batch, 1: length}}
    torch.onnx.export(
        exported, (ids, mask), str(path), input_names=["ids", "mask"],
        output_names=["emotions", "vad", "plutchik"], dynamic_shapes=shapes, dynamo=True, external_data=False,
    )  # fmt: skip


def head_nodes(path: Path) -> list[str]:
    """The layers that end in labels or axes: tiny, and the only ones in which 8 bits can be felt."""

    graph = onnx.load(str(path)).graph
    narrow = {tensor.name for tensor in graph.initializer if len(tensor.dims) == 2 and min(tensor.dims) <= N_GO}
    return [node.name for node in graph.node if node.op_type in ("MatMul", "Gemm") and narrow & set(node.input)]


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
    parser = options_of(__doc__, data=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--float", type=Path, help="keep the float model and its tokenizer in this folder")
    parser.add_argument("--minilm", type=Path, help="folder of all-MiniLM-L6-v2; without it, from the catalogue")
    args = parser.parse_args()
    folder = args.minilm or checkpoints.path("minilm-l6-v2")
    model = load_pretrained(folder)
    model.load_state_dict(load_file(args.model))
    exported = Exported(model)
    emobank_csv = args.data / "text_emotion" / "emobank" / "emobank_train_dev.csv"
    known, dev = emobank(emobank_csv, "train"), emobank(emobank_csv, "dev")
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        fit_readout(exported, Path(work), known, dev, load_tokenizer(folder))
        whole = Path(work) / "model.onnx"
        export(exported, whole)
        quantise(whole, WEIGHTS / "model.int8.onnx")
        onnx.save(without_traces(onnx.load(WEIGHTS / "model.int8.onnx")), WEIGHTS / "model.int8.onnx")
        if args.float:
            args.float.mkdir(parents=True, exist_ok=True)
            shutil.copy(whole, args.float / "model.onnx")
    shutil.copy(folder / "tokenizer.json", WEIGHTS / "tokenizer.json")
    configure(WEIGHTS, goemotions(args.data / "text_emotion" / "goemotions" / "dev.tsv"))
    if args.float:
        for name in ("config.json", "tokenizer.json"):
            shutil.copy(WEIGHTS / name, args.float / name)


if __name__ == "__main__":
    main()
