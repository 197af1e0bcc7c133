"""Kokoro's ONNX graph, opened into three that run one after another, so that prosody can be steered between them.

text → (durations steered here) → melody → (pitch and energy steered here) → sound. With nothing steered the sound is
bit for bit that of the whole graph.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_embed.signals.onnx_session import open_session

if TYPE_CHECKING:
    import onnx
    import onnxruntime

SAMPLES_PER_UNIT = 600  # a duration unit is 25 ms of 24 kHz sound
SAMPLE_RATE_HZ = 24_000
UNIT_S = SAMPLES_PER_UNIT / SAMPLE_RATE_HZ
CURVE_RATE_HZ = 2 / UNIT_S  # pitch and energy have two values per unit

_RAW_DURATION = "/encoder/predictor/ReduceSum_output_0"  # units per token, before speed and rounding
_DURATION = "/encoder/Clip_output_0"
_PROSODY_FEATURES = "/encoder/predictor/text_encoder/Concat_4_output_0"
_TEXT_FEATURES = "/encoder/text_encoder/Transpose_2_output_0"
_PITCH = "/encoder/F0_proj/Conv_output_0"
_ENERGY = "/encoder/N_proj/Conv_output_0"
_ALIGNED_TEXT = "/encoder/MatMul_1_output_0"
_STAGES = {
    "text": (("tokens", "style"), (_RAW_DURATION, _PROSODY_FEATURES, _TEXT_FEATURES)),
    "melody": (("style", _DURATION, _PROSODY_FEATURES, _TEXT_FEATURES), (_PITCH, _ENERGY, _ALIGNED_TEXT)),
    "sound": (("style", _PITCH, _ENERGY, _ALIGNED_TEXT), ("audio",)),
}
_OPENING = 1  # raise when the cuts change, so that opened graphs kept on disk are made anew


class OpenedKokoro:
    """The three stages, ready to run."""

    def __init__(self, model_path: Path, source_hash: str, threads: int) -> None:
        folder = model_path.parent / f"opened-{_OPENING}-{source_hash[:12]}"
        try:
            self._sessions = _sessions(_opened_on_disk(model_path, folder), threads)
        except Exception:  # the cut files can be made anew; what ails the weights themselves comes up again
            shutil.rmtree(folder, ignore_errors=True)
            self._sessions = _sessions(_opened_on_disk(model_path, folder), threads)

    def text(self, tokens: np.ndarray, style: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Tokens (1, n) int64 and style (1, 256) to the units each token lasts (n,) float32, not rounded, and what
        `melody` needs besides."""
        raw, prosody, text = self._run("text", {"tokens": tokens, "style": style})
        return raw[0], (prosody, text)

    def melody(
        self, units: np.ndarray, features: tuple[np.ndarray, np.ndarray], style: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Whole units per token (n,) to pitch in Hz (2 Σ units,), energy (2 Σ units,) and what `sound` needs."""
        feeds = {"style": style, _DURATION: units[None].astype(np.float32)}
        feeds |= {_PROSODY_FEATURES: features[0], _TEXT_FEATURES: features[1]}
        pitch, energy, aligned = self._run("melody", feeds)
        return pitch[0, 0], energy[0, 0], aligned

    def sound(self, pitch: np.ndarray, energy: np.ndarray, aligned: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Curves to samples (600 Σ units,) float32."""
        feeds = {"style": style, _PITCH: pitch[None, None].astype(np.float32)}
        feeds |= {_ENERGY: energy[None, None].astype(np.float32), _ALIGNED_TEXT: aligned}
        return self._run("sound", feeds)[0]

    def _run(self, stage: str, feeds: dict[str, np.ndarray]) -> Any:
        """A stage's outputs, all of them arrays."""
        return self._sessions[stage].run(None, feeds)


def _sessions(stages: dict[str, str | bytes], threads: int) -> dict[str, onnxruntime.InferenceSession]:
    return {name: open_session(stage, threads=threads) for name, stage in stages.items()}


def _opened_on_disk(model_path: Path, folder: Path) -> dict[str, str | bytes]:
    """The three graphs as files in `folder`, cut on first use; as bytes where nothing can be written."""
    files = {name: folder / f"{name}.onnx" for name in _STAGES}
    if not _all_there(folder):
        stages = open_graph(model_path)
        try:
            _write_atomically(stages, folder)
        except OSError:
            return dict(stages)
    return {name: str(file) for name, file in files.items()}


def _all_there(folder: Path) -> bool:
    return all((folder / f"{name}.onnx").is_file() for name in _STAGES)


def _write_atomically(stages: dict[str, bytes], folder: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix=".opening-", dir=folder.parent))
    try:
        for name, stage in stages.items():
            (scratch / f"{name}.onnx").write_bytes(stage)
        try:
            scratch.replace(folder)
        except OSError:
            if not _all_there(folder):  # else another process was quicker
                shutil.rmtree(folder, ignore_errors=True)
                scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def open_graph(model_path: Path) -> dict[str, bytes]:
    """Cut the whole graph into its stages, each a serialised ONNX model."""
    import onnx

    model = onnx.load(str(model_path))
    return {name: _cut(model, *ends).SerializeToString() for name, ends in _STAGES.items()}


def _cut(model: onnx.ModelProto, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> onnx.ModelProto:
    """The part of a graph between some of its tensors."""
    from onnx import TensorProto, helper

    producer = {output: node for node in model.graph.node for output in node.output}
    needed: set[str] = set()
    todo = list(outputs)
    while todo:
        tensor = todo.pop()
        if tensor and tensor not in needed and tensor not in inputs:
            needed.add(tensor)
            todo += producer[tensor].input if tensor in producer else ()
    nodes = [node for node in model.graph.node if any(output in needed for output in node.output)]
    used = {tensor for node in nodes for tensor in node.input}
    given = {value.name: value for value in model.graph.input}
    graph = helper.make_graph(
        nodes,
        "kokoro",
        [given.get(name) or helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [weight for weight in model.graph.initializer if weight.name in used],
    )
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
