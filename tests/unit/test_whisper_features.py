"""The lower layers of Whisper: the graph against the formulas, and the file that its weights come from."""

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.special import erf

from checkpoints.errors import Missing
from emotion_embed.signals.ctranslate2_file import VERSION, read_variables
from emotion_embed.signals.whisper_features import WhisperEncoder, log_mel

WIDTH, INNER, N_FRAMES = 128, 160, 40


def _weights(rng: np.random.Generator, n_layers: int) -> dict[str, np.ndarray]:
    shapes = {"conv1/weight": (WIDTH, 80, 3), "conv1/bias": (WIDTH,), "conv2/weight": (WIDTH, WIDTH, 3)}
    shapes |= {"conv2/bias": (WIDTH,), "position_encodings/encodings": (1500, WIDTH)}
    for i in range(n_layers):
        for part, rows, inner in (("self_attention", 3 * WIDTH, WIDTH), ("ffn", INNER, INNER)):
            at = f"layer_{i}/{part}/"
            shapes |= {at + "linear_0/weight": (rows, WIDTH), at + "linear_0/bias": (rows,)}
            shapes |= {at + "linear_1/weight": (WIDTH, inner), at + "linear_1/bias": (WIDTH,)}
            shapes |= {at + "layer_norm/gamma": (WIDTH,), at + "layer_norm/beta": (WIDTH,)}
    return {name: 0.1 * rng.standard_normal(shape) for name, shape in shapes.items()}


def _stages(weights: dict[str, np.ndarray], n_layers: int) -> Iterator[dict[str, np.ndarray]]:
    """The weights as the encoder takes them: what belongs to no layer, then layer after layer."""
    yield {name: value for name, value in weights.items() if not name.startswith("layer_")}
    for at in (f"layer_{i}/" for i in range(n_layers)):
        yield {name.removeprefix(at): value for name, value in weights.items() if name.startswith(at)}


def _gelu(x):
    return x * 0.5 * (1 + erf(x / np.sqrt(2)))


def _convolved(x, weight, stride):
    padded = np.pad(x, ((1, 1), (0, 0)))
    return np.array([np.einsum("ki,oik->o", padded[t : t + 3], weight) for t in range(0, len(x), stride)])


def _norm(x, w, at):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return scaled * w[at + "layer_norm/gamma"] + w[at + "layer_norm/beta"]


def _linear(x, w, at):
    return x @ w[at + "weight"].T + w[at + "bias"]


def _by_the_formulas(mel, w, n_layers):
    x = _gelu(_convolved(mel, w["conv1/weight"], 1) + w["conv1/bias"])
    x = _gelu(_convolved(x, w["conv2/weight"], 2) + w["conv2/bias"])
    states = [x + w["position_encodings/encodings"][: len(x)]]
    for i in range(n_layers):
        x, at = states[-1], f"layer_{i}/self_attention/"
        query, key, value = np.split(_linear(_norm(x, w, at), w, at + "linear_0/"), 3, axis=1)
        taken = []
        for head in range(0, WIDTH, 64):
            own = slice(head, head + 64)
            scores = np.exp(query[:, own] @ key[:, own].T / 8)
            taken.append(scores / scores.sum(1, keepdims=True) @ value[:, own])
        x = x + _linear(np.concatenate(taken, axis=1), w, at + "linear_1/")
        at = f"layer_{i}/ffn/"
        states.append(x + _linear(_gelu(_linear(_norm(x, w, at), w, at + "linear_0/")), w, at + "linear_1/"))
    return np.array(states)


@pytest.mark.parametrize("n_samples", [2 * 160 * N_FRAMES, 160 * 37 + 11])
def test_the_graph_computes_what_the_paper_says(n_samples):
    rng = np.random.default_rng(1)
    weights, samples = _weights(rng, 2), (0.1 * rng.standard_normal(n_samples)).astype(np.float32)
    states = WhisperEncoder(_stages(weights, 2)).layers(samples)
    wanted = _by_the_formulas(log_mel(samples).astype(float), weights, 2)
    assert states.dtype == np.float32 and states.shape == wanted.shape == (3, n_samples // 320, WIDTH)
    assert np.abs(states - wanted).max() < 1e-5 * np.abs(wanted).max()


def _model_file(version: int, arrays: dict[str, np.ndarray]) -> bytes:
    text = lambda value: struct.pack("<H", len(value) + 1) + value.encode() + b"\0"  # noqa: E731
    parts = [struct.pack("<I", version), text("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        kind = {"float32": 0, "float16": 4}[str(array.dtype)]
        shape = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        parts += [text(name), shape, struct.pack("<BI", kind, array.nbytes), array.tobytes()]
    return b"".join(parts)


ARRAYS = {
    "encoder/a": np.arange(6, dtype=np.float16).reshape(2, 3),
    "decoder/b": np.zeros(4, np.float32),
    "encoder/c": np.ones(2, np.float32),
}


def test_arrays_are_read_by_the_beginning_of_their_names(tmp_path):
    (tmp_path / "model.bin").write_bytes(_model_file(VERSION, ARRAYS))
    found = read_variables(tmp_path / "model.bin", "encoder/")
    assert set(found) == {"a", "c"}
    assert set(read_variables(tmp_path / "model.bin", "encoder/", ("c", "d"))) == {"c"}
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]] and found["a"].dtype == np.float16


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_model_file(VERSION + 1, ARRAYS), f"version {VERSION + 1}"),
        (_model_file(VERSION, ARRAYS)[:-3], "torn"),
        (_model_file(VERSION, ARRAYS)[:40], "torn"),
        (b"", "torn"),
    ],
)
def test_another_version_and_a_torn_file_are_named(tmp_path, content, said):
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(Missing, match=said):
        read_variables(tmp_path / "model.bin")
