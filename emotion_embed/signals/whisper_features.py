"""The inner layers of Whisper's encoder, where the way of speaking still stands beside the words.

faster-whisper hands out the last layer only, padded to 30 s, and there the words have pushed the tone of voice aside.
So the lower layers are ONNX graphs here, made when they are first asked for from the same file of weights, as far up as
needed and for sounds of any length. Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak
Supervision".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

import checkpoints
from checkpoints.errors import Missing
from emotion_embed.signals.ctranslate2_file import read_variables
from emotion_embed.signals.onnx_session import open_session, run_arrays

if TYPE_CHECKING:
    import onnx
    import onnxruntime
    from faster_whisper.feature_extractor import FeatureExtractor

RATE_HZ = 16_000
FRAME_RATE_HZ = 50
N_MELS = 80
LONGEST_S = 30.0
_HEAD_WIDTH = 64  # in every Whisper
_OPSET, _IR_VERSION = 20, 10  # with GELU as one operator, and old enough for every onnxruntime that we allow


class WhisperEncoder:
    """The first layers of Whisper's encoder, in 32-bit numbers on one thread."""

    def __init__(self, stages: Iterable[Mapping[str, np.ndarray]]) -> None:
        """`stages`: weights of the convolutions, then of each layer, by CTranslate2's names within them."""
        self._sessions = [_opened(stage) for stage in stages]  # one by one, so that weights never lie there twice

    @classmethod
    def load(cls, n_layers: int, model: str = "whisper-base") -> WhisperEncoder:
        """The first `n_layers` layers from the file that the transcript's Whisper is loaded from.

        Raises `Missing` without the weights, and where they are not Whisper's.
        """
        return _load(n_layers, model)

    def layers(self, samples: np.ndarray) -> np.ndarray:
        """States after the convolutions and after each layer, (n_layers + 1, frames, width) float32 at 50 Hz.

        `samples` (n,) float32 in −1..1 at 16 kHz, at most 30 s of them.
        """
        x, states = log_mel(samples), []
        for session in self._sessions:
            (x,) = run_arrays(session, {"x": x})
            states.append(x)
        return np.stack(states)


def _opened(stage: Mapping[str, np.ndarray]) -> onnxruntime.InferenceSession:
    weights = {name: np.ascontiguousarray(value, np.float32) for name, value in stage.items()}
    return open_session(_graph(weights), weights=weights)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Whisper's log-mel spectrum, (2 × frames, 80) float32, an even number of rows at 100 Hz."""
    features = _mel_extractor()(np.asarray(samples, np.float32), padding=0)
    rows = min(features.shape[1] // 2 * 2, int(LONGEST_S * 100))
    return np.ascontiguousarray(features[:, :rows].T)


@lru_cache(maxsize=1)
def _mel_extractor() -> FeatureExtractor:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(feature_size=N_MELS, sampling_rate=RATE_HZ)


@lru_cache(maxsize=2)
def _load(n_layers: int, model: str) -> WhisperEncoder:
    path = checkpoints.path(model) / "model.bin"
    stages = (read_variables(path, *where) for where in [_FRONT, *((f"encoder/layer_{i}/",) for i in range(n_layers))])
    try:
        return WhisperEncoder(stages)
    except KeyError as error:
        raise Missing(f"The weights of {model} are not Whisper's: run `mien checkpoints pull {model}`.") from error


# The graphs -----------------------------------------------------------------------------------------------------------

_FRONT = ("encoder/", ("conv1/", "conv2/", "position_encodings/"))
_SHAPES = {"heads": [0, -1, _HEAD_WIDTH], "flat": [0, -1], "first": [0]}  # 0 in a shape: as it is


def _graph(weights: Mapping[str, np.ndarray]) -> bytes:
    """A serialised ONNX model of the convolutions or of one layer, `x` to `y`, which the session gives its weights."""
    from onnx import TensorProto, helper

    graph = _Graph()
    y = graph.convolutions("x") if "conv1/weight" in weights else graph.feed_forward(graph.attention("x"))
    graph.add("Identity", y, outputs=("y",))
    held = [helper.make_tensor(name, TensorProto.INT64, [len(v)], v) for name, v in _SHAPES.items()]
    held.append(helper.make_tensor("scale", TensorProto.FLOAT, [], [_HEAD_WIDTH**-0.5]))
    held += [_without_values(name, weights[name].shape) for name in graph.weights]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in "xy"]
    proto = helper.make_graph(graph.nodes, "whisper_encoder", ends[:1], ends[1:], held)
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(proto, opset_imports=[opset], ir_version=_IR_VERSION).SerializeToString()


def _without_values(name: str, shape: tuple[int, ...]) -> onnx.TensorProto:
    """An initialiser whose values are said to lie elsewhere."""
    from onnx import StringStringEntryProto, TensorProto

    place = [StringStringEntryProto(key="location", value="the session")]
    lies, kind = TensorProto.DataLocation.EXTERNAL, TensorProto.DataType.FLOAT
    return TensorProto(name=name, dims=shape, data_type=kind, data_location=lies, external_data=place)


class _Graph:
    """Nodes as they are strung together, and the names of the weights that they take."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, None] = {}

    def convolutions(self, mel: str) -> str:
        """The spectrum (2 × frames, 80) → (frames, width), with positions."""
        x = self.add("Unsqueeze", self.add("Transpose", mel, perm=[1, 0]), "first")
        x = self.add("Gelu", self.add("Conv", x, *self._own("conv1/"), pads=[1, 1]))
        x = self.add("Gelu", self.add("Conv", x, *self._own("conv2/"), pads=[1, 1], strides=[2]))
        x = self.add("Transpose", self.add("Squeeze", x, "first"), perm=[1, 0])
        n_frames = self.add("Shape", x, start=0, end=1)
        places = self.add("Slice", *self._own("position_encodings/", "encodings"), "first", n_frames)
        return self.add("Add", x, places)

    def attention(self, x: str, at: str = "self_attention/") -> str:
        """Self-attention of all heads, added to what comes in."""
        mixed = self.add("Reshape", self._linear(self._norm(x, at), at + "linear_0/"), "heads")
        by_head = self.add("Transpose", mixed, perm=[1, 0, 2])
        query, key, value = self.add_split(by_head, ("query", "key", "value"))
        scores = self.add("MatMul", query, self.add("Transpose", key, perm=[0, 2, 1]))
        shares = self.add("Softmax", self.add("Mul", scores, "scale"), axis=-1)
        taken = self.add("Transpose", self.add("MatMul", shares, value), perm=[1, 0, 2])
        return self.add("Add", x, self._linear(self.add("Reshape", taken, "flat"), at + "linear_1/"))

    def feed_forward(self, x: str, at: str = "ffn/") -> str:
        """The two linear layers, added to what comes in."""
        inner = self.add("Gelu", self._linear(self._norm(x, at), at + "linear_0/"))
        return self.add("Add", x, self._linear(inner, at + "linear_1/"))

    def add(self, kind: str, *inputs: str, outputs: Sequence[str] = (), **attributes: Any) -> str:
        """One more node; the name of its first output."""
        from onnx import helper

        outputs = outputs or (f"{kind}_{len(self.nodes)}",)
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0]

    def add_split(self, x: str, outputs: Sequence[str]) -> Sequence[str]:
        """Equal parts of the first axis."""
        self.add("Split", x, outputs=outputs, axis=0, num_outputs=len(outputs))
        return outputs

    def _norm(self, x: str, at: str) -> str:
        return self.add("LayerNormalization", x, *self._own(at + "layer_norm/", "gamma", "beta"), epsilon=1e-5)

    def _linear(self, x: str, at: str) -> str:
        return self.add("Gemm", x, *self._own(at), transB=1)

    def _own(self, at: str, *names: str) -> list[str]:
        own = [at + name for name in names or ("weight", "bias")]
        self.weights |= dict.fromkeys(own)
        return own
