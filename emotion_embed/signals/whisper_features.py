"""The inner layers of Whisper's encoder, where the way of speaking still stands beside the words.

faster-whisper hands out the last layer only, padded to 30 s, and there the words have pushed the tone of voice aside.
So the lower layers are an ONNX graph here, made when it is first asked for from the same file of weights, as far up as
needed and for sounds of any length. Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak
Supervision".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

import checkpoints
from checkpoints.errors import Missing
from emotion_embed.signals.ctranslate2_file import read_variables
from emotion_embed.signals.onnx_session import open_session

RATE_HZ = 16_000
FRAME_RATE_HZ = 50
N_MELS = 80
LONGEST_S = 30.0
_HEAD_WIDTH = 64  # in every Whisper
_OPSET, _IR_VERSION = 20, 10  # with GELU as one operator, and old enough for every onnxruntime that we allow


class WhisperEncoder:
    """The first layers of Whisper's encoder, in 32-bit numbers on one thread."""

    def __init__(self, weights: Mapping[str, np.ndarray], n_layers: int) -> None:
        values = {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}
        self._session = open_session(encoder_graph(values, n_layers), weights=values)
        self.n_layers = n_layers

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
        return np.stack(self._session.run(None, {"mel": np.ascontiguousarray(log_mel(samples).T)[None]}))


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Whisper's log-mel spectrum, (2 × frames, 80) float32, an even number of rows at 100 Hz."""
    features = _mel_extractor()(np.asarray(samples, np.float32), padding=0)
    rows = min(features.shape[1] // 2 * 2, int(LONGEST_S * 100))
    return np.ascontiguousarray(features[:, :rows].T)


@lru_cache(maxsize=1)
def _mel_extractor() -> object:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(feature_size=N_MELS, sampling_rate=RATE_HZ)


@lru_cache(maxsize=2)
def _load(n_layers: int, model: str) -> WhisperEncoder:
    wanted = ("conv1", "conv2", "position_encodings", *(f"layer_{i}/" for i in range(n_layers)))
    weights = read_variables(checkpoints.path(model) / "model.bin", "encoder/", wanted)
    if "position_encodings/encodings" not in weights:
        raise Missing(f"The weights of {model} are not Whisper's: run `mien checkpoints pull {model}`.")
    return WhisperEncoder(weights, n_layers)


# The graph ------------------------------------------------------------------------------------------------------------


def encoder_graph(weights: Mapping[str, np.ndarray], n_layers: int) -> bytes:
    """A serialised ONNX model, `mel` (1, 80, 2 × frames) to the states that `WhisperEncoder.layers` stacks.

    It names its weights but does not hold them: the session is given them.
    """
    from onnx import TensorProto, helper

    width = len(weights["conv1/bias"])
    graph = _Graph()
    x = graph.convolutions()
    states = [x]
    for i in range(n_layers):
        x = graph.feed_forward(graph.attention(x, f"layer_{i}/self_attention/"), f"layer_{i}/ffn/")
        states.append(x)
    held = [helper.make_tensor(n, TensorProto.INT64, [len(v)], v) for n, v in _SHAPES.items()]
    held.append(helper.make_tensor("scale", TensorProto.FLOAT, [], [_HEAD_WIDTH**-0.5]))
    given = [_elsewhere(name, weights[name].shape) for name in sorted(graph.weights)]
    mel = helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, N_MELS, None])
    outputs = [helper.make_tensor_value_info(state, TensorProto.FLOAT, [None, width]) for state in states]
    proto = helper.make_graph(graph.nodes, "whisper_encoder", [mel], outputs, [*held, *given])
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(proto, opset_imports=[opset], ir_version=_IR_VERSION).SerializeToString()


def _elsewhere(name: str, shape: tuple[int, ...]) -> object:
    """An initialiser without values."""
    from onnx import StringStringEntryProto, TensorProto

    place = [StringStringEntryProto(key="location", value="the session")]
    external = TensorProto.DataLocation.EXTERNAL
    return TensorProto(
        name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=external, external_data=place
    )


_SHAPES = {"heads": [0, -1, _HEAD_WIDTH], "flat": [0, -1], "first": [0]}  # 0: as long as it is


class _Graph:
    """Nodes as they are strung together, and the names of the weights that they take."""

    def __init__(self) -> None:
        self.nodes: list = []
        self.weights: set[str] = set()

    def convolutions(self) -> str:
        """mel → (frames, width), with positions."""
        x = self._op("Gelu", self._op("Conv", "mel", *self._own("conv1/"), pads=[1, 1]))
        x = self._op("Gelu", self._op("Conv", x, *self._own("conv2/"), pads=[1, 1], strides=[2]))
        x = self._op("Squeeze", self._op("Transpose", x, perm=[0, 2, 1]), "first")
        self.weights.add("position_encodings/encodings")
        n_frames = self._op("Shape", x, start=0, end=1)
        return self._op("Add", x, self._op("Slice", "position_encodings/encodings", "first", n_frames))

    def attention(self, x: str, at: str) -> str:
        """Self-attention of all heads, added to what came in."""
        mixed = self._op("Reshape", self._linear(self._norm(x, at), at + "linear_0/"), "heads")
        by_head = self._op("Transpose", mixed, perm=[1, 0, 2])
        query, key, value = self._ops("Split", 3, by_head, axis=0, num_outputs=3)
        scores = self._op("MatMul", query, self._op("Transpose", key, perm=[0, 2, 1]))
        shares = self._op("Softmax", self._op("Mul", scores, "scale"), axis=-1)
        taken = self._op("Transpose", self._op("MatMul", shares, value), perm=[1, 0, 2])
        return self._op("Add", x, self._linear(self._op("Reshape", taken, "flat"), at + "linear_1/"))

    def feed_forward(self, x: str, at: str) -> str:
        """The two linear layers, added to what came in."""
        inner = self._op("Gelu", self._linear(self._norm(x, at), at + "linear_0/"))
        return self._op("Add", x, self._linear(inner, at + "linear_1/"))

    def _norm(self, x: str, at: str) -> str:
        return self._op("LayerNormalization", x, *self._own(at + "layer_norm/", "gamma", "beta"), epsilon=1e-5)

    def _linear(self, x: str, at: str) -> str:
        return self._op("Gemm", x, *self._own(at), transB=1)

    def _own(self, at: str, *names: str) -> list[str]:
        own = [at + name for name in names or ("weight", "bias")]
        self.weights.update(own)
        return own

    def _op(self, kind: str, *inputs: str, **attributes: object) -> str:
        return self._ops(kind, 1, *inputs, **attributes)[0]

    def _ops(self, kind: str, n_outputs: int, *inputs: str, **attributes: object) -> list[str]:
        from onnx import helper

        outputs = [f"{kind}_{len(self.nodes)}_{i}" for i in range(n_outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return outputs
