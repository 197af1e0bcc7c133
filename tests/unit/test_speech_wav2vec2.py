"""The two wav2vec2 readers, on tiny random models that lie on the disk as the published ones do."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from checkpoints.errors import BadInput, Missing
from emotion_embed import taxonomy
from emotion_embed.readers import speech_wav2vec2
from emotion_embed.readers.speech_wav2vec2 import CategoricalWav2Vec2, DimensionalWav2Vec2, load_wav2vec2
from emotion_embed.signals.audio import Audio

WHY = "the extra mien-studio[wav2vec2] is not installed"
TINY = {
    "model_type": "wav2vec2",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "conv_dim": [16, 16, 16],
    "conv_kernel": [10, 8, 8],
    "conv_stride": [8, 8, 5],
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "classifier_proj_size": 16,
}
# What else stands in the published configurations, and could trip a stricter reader.
LARGE = {"do_stable_layer_norm": True, "feat_extract_norm": "layer", "conv_bias": True, "vocab_size": None}
BASE = {"feat_extract_norm": "group", "use_weighted_layer_sum": True}
DIMENSIONS = {"0": "arousal", "1": "dominance", "2": "valence"}
CLASSES = {"0": "neu", "1": "hap", "2": "ang", "3": "sad"}
OLD_NAMES = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}


@pytest.fixture
def torch():
    pytest.importorskip("transformers", reason=WHY)
    torch = pytest.importorskip("torch", reason=WHY)
    torch.manual_seed(0)
    return torch


def config_of(settings):
    from transformers import Wav2Vec2Config

    return Wav2Vec2Config.from_dict(settings)


def write_folder(folder: Path, settings: dict, weights: dict | None, *, normalise=True, pickled=False, **extractor):
    """A folder as the Hub has it."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings))
    values = {"do_normalize": normalise, "feature_size": 1, "padding_value": 0.0, "sampling_rate": 16000, **extractor}
    (folder / "preprocessor_config.json").write_text(json.dumps(values))
    if pickled:
        torch.save(weights, folder / "pytorch_model.bin")
    elif weights is not None:
        copies = {name: weight.clone().contiguous() for name, weight in weights.items()}
        save_file(copies, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def dimensional(id2label=DIMENSIONS):
    """Settings, backbone and weights of a tiny model with audEERING's head."""
    import torch
    from transformers import Wav2Vec2Model

    settings = {**TINY, **LARGE, "id2label": id2label, "architectures": ["Wav2Vec2ForSpeechClassification"]}
    backbone = Wav2Vec2Model(config_of(settings)).eval()
    weights = {f"wav2vec2.{name}": weight for name, weight in backbone.state_dict().items()}
    weights["classifier.dense.weight"] = torch.randn(32, 32) * 0.3
    weights["classifier.dense.bias"] = torch.randn(32) * 0.1
    weights["classifier.out_proj.weight"] = torch.randn(3, 32) * 0.1
    weights["classifier.out_proj.bias"] = torch.tensor([0.7, 0.5, 0.3])
    return settings, backbone, weights


def categorical(id2label=CLASSES):
    from transformers import Wav2Vec2ForSequenceClassification

    settings = {**TINY, **BASE, "id2label": id2label}
    model = Wav2Vec2ForSequenceClassification(config_of(settings)).eval()
    model.layer_weights.data = model.layer_weights.data + 0.5 * model.layer_weights.new_tensor([1.0, -1.0, 2.0])
    model.classifier.weight.data *= 200  # so that the classes differ
    return settings, model, model.state_dict()


def old_names(weights):
    """The same weights as torch named those of weight normalisation before 2.0."""
    for new, old in OLD_NAMES.items():
        weights = {name.replace(new, old): weight for name, weight in weights.items()}
    return weights


def voice(duration_s=1.5, seed=0, rate_hz=16_000):
    """Something like a voice: harmonics that glide, with noise."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    pitch = 120 + 20 * seed + 30 * np.sin(2 * np.pi * 0.7 * t + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    samples = sum(np.sin(k * phase) / k for k in range(1, 9)) * (0.2 + 0.1 * np.sin(9 * t))
    samples += 0.01 * np.random.default_rng(seed).standard_normal(len(t))
    return Audio((0.4 * samples).astype(np.float32), rate_hz)


def normalised(samples):
    return (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)


def by_hand(samples, backbone, weights):
    """Arousal, dominance, valence (3,), the head in NumPy."""
    import torch

    with torch.no_grad():
        states = backbone(torch.from_numpy(samples.astype(np.float32))[None]).last_hidden_state[0].numpy()
    w = {name.removeprefix("classifier."): weight.numpy() for name, weight in weights.items() if "classifier" in name}
    inner = np.tanh(states.mean(0) @ w["dense.weight"].T + w["dense.bias"])
    return inner @ w["out_proj.weight"].T + w["out_proj.bias"]


def reordered(outputs):
    """Valence, arousal, dominance in −1..1 from arousal, dominance, valence in 0..1."""
    return 2 * outputs[[2, 0, 1]] - 1


@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize("rename", [dict, old_names])
def test_dimensions_are_those_of_the_same_weights_by_hand(torch, tmp_path, rename, pickled):
    settings, backbone, weights = dimensional()
    folder = write_folder(tmp_path / "a model", settings, rename(weights), pickled=pickled)
    evidence = load_wav2vec2("audeering-msp-dim", folder).read(voice())
    outputs = by_hand(normalised(voice().samples), backbone, weights)
    assert np.diff(np.sort(outputs)).min() > 0.02  # else a wrong order would pass
    assert evidence.vad_mean == pytest.approx(reordered(outputs), abs=2e-5)
    assert evidence.modality == "voice"
    assert sum(evidence.distribution.values()) == pytest.approx(1)
    assert evidence.distribution == pytest.approx(
        taxonomy.distribution_from_vad(np.array(evidence.vad_mean), evidence.vad_covariance)
    )
    assert (np.linalg.eigvalsh(evidence.vad_covariance) > 0).all()
    assert 0 <= evidence.intensity <= 1
    assert "audeering-msp-dim" in evidence.reasons[0]
    evidence.to_dict()


def test_each_output_goes_to_its_own_dimension(torch, tmp_path):
    settings, _, weights = dimensional()
    weights["classifier.out_proj.weight"] = torch.zeros(3, 32)
    weights["classifier.out_proj.bias"] = torch.tensor([0.9, 0.6, 0.2])
    evidence = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights)).read(voice())
    assert evidence.vad_mean == pytest.approx((-0.6, 0.8, 0.2), abs=1e-6)  # valence, arousal, dominance
    assert evidence.distribution["fear"] + evidence.distribution["anger"] > evidence.distribution["joy"]


def test_permuted_weights_of_the_head_change_the_reading(torch, tmp_path):
    settings, _, weights = dimensional()
    plain = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path / "plain", settings, weights)).read(voice())
    for name in ("classifier.out_proj.weight", "classifier.out_proj.bias"):
        weights[name] = weights[name][[1, 2, 0]]
    turned = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path / "turned", settings, weights)).read(voice())
    assert turned.vad_mean == pytest.approx(np.array(plain.vad_mean)[[1, 2, 0]], abs=1e-6)
    weights["classifier.dense.weight"] = weights["classifier.dense.weight"].flip(0)
    other = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path / "other", settings, weights)).read(voice())
    assert np.abs(np.subtract(other.vad_mean, turned.vad_mean)).max() > 0.02


def test_the_order_of_the_outputs_is_that_of_the_settings(torch, tmp_path):
    settings, backbone, weights = dimensional({"0": "valence", "1": "arousal", "2": "dominance"})
    evidence = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights)).read(voice())
    assert evidence.vad_mean == pytest.approx(2 * by_hand(normalised(voice().samples), backbone, weights) - 1, abs=2e-5)
    settings["id2label"] = {"0": "joy", "1": "arousal", "2": "dominance"}
    with pytest.raises(BadInput, match="joy"):
        DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda w: w.pop("classifier.dense.weight"), "classifier.dense.weight"),
        (lambda w: w.pop("classifier.out_proj.bias"), "classifier.out_proj.bias"),
        (lambda w: w.pop("wav2vec2.encoder.layers.1.attention.q_proj.weight"), "layers.1.attention.q_proj.weight"),
        (lambda w: w.update({"classifier.weight": w["classifier.dense.weight"]}), "classifier.weight"),
        (
            lambda w: w.update({"classifier.out_proj.weight": w["classifier.out_proj.weight"][:2]}),
            "classifier.out_proj.weight",
        ),
    ],
)
def test_weights_that_do_not_match_are_refused(torch, tmp_path, change, named):
    settings, _, weights = dimensional()
    change(weights)
    with pytest.raises(BadInput, match=named) as caught:
        DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))
    assert len(str(caught.value).splitlines()) == 1


def test_the_weights_of_the_other_model_are_refused(torch, tmp_path):
    settings, _, weights = categorical()
    folder = write_folder(tmp_path, {**settings, "id2label": DIMENSIONS}, weights)
    with pytest.raises(BadInput, match=r"classifier\.dense"):
        DimensionalWav2Vec2.from_pretrained(folder)


def test_the_stand_in_for_masked_frames_may_lack(torch, tmp_path):
    settings, backbone, weights = dimensional()
    del weights["wav2vec2.masked_spec_embed"]
    evidence = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights)).read(voice())
    assert evidence.vad_mean == pytest.approx(
        reordered(by_hand(normalised(voice().samples), backbone, weights)), abs=2e-5
    )


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize("with_torch", [True, False])
def test_code_in_a_pickle_is_refused_and_not_run(torch, tmp_path, with_torch):
    settings, _, weights = dimensional()
    marker = tmp_path / "marker"
    folder = write_folder(tmp_path / "model", settings, None)
    evil = {**weights, "classifier.extra": Malicious(marker)}
    if with_torch:
        torch.save(evil, folder / "pytorch_model.bin")
    else:
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"x": Malicious(marker)}, protocol=2))
    with pytest.raises(BadInput, match="more than weights"):
        DimensionalWav2Vec2.from_pretrained(folder)
    assert not marker.exists()
    if with_torch:  # the trap does work
        torch.load(folder / "pytorch_model.bin", weights_only=False)
        assert marker.exists()


def test_tensors_are_preferred_to_a_pickle_beside_them(torch, tmp_path):
    settings, _, weights = dimensional()
    folder = write_folder(tmp_path, settings, weights)
    (folder / "pytorch_model.bin").write_bytes(b"not even a pickle")
    DimensionalWav2Vec2.from_pretrained(folder).read(voice())


@pytest.mark.parametrize("name", ["tf_model.h5", "model.ckpt", "pytorch_model-00001-of-00002.bin"])
def test_other_files_of_weights_are_refused(torch, tmp_path, name):
    settings, _, _ = dimensional()
    folder = write_folder(tmp_path, settings, None)
    (folder / name).write_bytes(b"weights")
    with pytest.raises(Missing, match=r"model\.safetensors or pytorch_model\.bin"):
        DimensionalWav2Vec2.from_pretrained(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "config.json", "preprocessor_config.json"])
def test_torn_files_are_bad_input(torch, tmp_path, name):
    settings, _, weights = dimensional()
    folder = write_folder(tmp_path, settings, weights, pickled=name == "pytorch_model.bin")
    (folder / name).write_bytes((folder / name).read_bytes()[:-40])
    with pytest.raises(BadInput, match="torn"):
        DimensionalWav2Vec2.from_pretrained(folder)


@pytest.mark.parametrize(
    "change", [{"model_type": "bert"}, {"hidden_size": "wide"}, {"conv_kernel": [10]}, {"num_attention_heads": 5}]
)
def test_settings_of_another_model_are_bad_input(torch, tmp_path, change):
    settings, _, weights = dimensional()
    with pytest.raises(BadInput):
        DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, {**settings, **change}, weights))


def test_another_sample_rate_is_bad_input(torch, tmp_path):
    settings, _, weights = dimensional()
    with pytest.raises(BadInput, match="8000"):
        DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights, sampling_rate=8000))


@pytest.mark.parametrize("normalise", [True, False])
def test_sound_is_normalised_where_the_settings_say_so(torch, tmp_path, normalise):
    settings, backbone, weights = dimensional()
    reader = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights, normalise=normalise))
    loud, quiet = voice(), Audio(voice().samples * np.float32(0.1), 16_000)
    for audio in (loud, quiet):
        heard = normalised(audio.samples) if normalise else audio.samples
        assert reader.read(audio).vad_mean == pytest.approx(reordered(by_hand(heard, backbone, weights)), abs=2e-5)
    same = np.allclose(reader.read(loud).vad_mean, reader.read(quiet).vad_mean, atol=1e-3)
    assert same == normalise


def test_other_rates_are_resampled(torch, tmp_path):
    settings, _, weights = dimensional()
    reader = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))
    audio = voice(rate_hz=44_100)
    assert reader.read(audio).vad_mean == reader.read(audio.resampled(16_000)).vad_mean
    assert np.abs(np.subtract(reader.read(audio).vad_mean, reader.read(voice()).vad_mean)).max() < 0.05


def test_long_recordings_are_read_in_pieces(torch, tmp_path):
    settings, backbone, weights = dimensional()
    reader = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))
    audio = Audio(np.concatenate([voice(20.5, seed).samples for seed in (0, 4)]), 16_000)  # 41 s: three pieces
    pieces = np.array_split(audio.samples, 3)
    points = [reordered(by_hand(normalised(piece), backbone, weights)) for piece in pieces]
    evidence = reader.read(audio)
    assert evidence.vad_mean == pytest.approx(np.average(points, axis=0, weights=[len(p) for p in pieces]), abs=2e-5)
    spread = np.cov(np.transpose(points), aweights=[len(p) for p in pieces], bias=True)
    assert np.trace(spread) > 1e-5
    assert evidence.vad_covariance - reader.read(voice()).vad_covariance == pytest.approx(spread, abs=2e-6)


def test_windows_are_the_readings_of_their_stretches(torch, tmp_path):
    settings, _, weights = dimensional()
    reader = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))
    audio = voice(3.2)
    windows = reader.read_windows(audio)
    assert [time for time, _ in windows] == [0.5, 1.0, 1.5, 2.0, 2.5]
    for time_s, evidence in windows:
        stretch = Audio(audio.samples[round((time_s - 0.5) * 16_000) : round((time_s + 0.5) * 16_000)], 16_000)
        assert evidence.vad_mean == pytest.approx(reader.read(stretch).vad_mean, abs=1e-6)
    assert len({evidence.vad_mean for _, evidence in windows}) == len(windows)


def test_silent_windows_are_left_out_and_short_recordings_are_one(torch, tmp_path):
    settings, _, weights = dimensional()
    reader = DimensionalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))
    pause = np.zeros(32_000, np.float32)
    audio = Audio(np.concatenate([voice(1).samples, pause, voice(1).samples]), 16_000)
    assert [time for time, _ in reader.read_windows(audio)] == [0.5, 1.0, 3.0, 3.5]
    assert [time for time, _ in reader.read_windows(voice(0.4))] == [pytest.approx(0.2)]
    with pytest.raises(BadInput, match="silent"):
        reader.read(Audio(pause, 16_000))
    for window_s, hop_s in ((0, 0.5), (1, 0), (30, 1)):
        with pytest.raises(ValueError, match="window"):
            reader.read_windows(audio, window_s, hop_s)


@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize("rename", [dict, old_names])
def test_classes_are_those_of_the_same_weights_by_hand(torch, tmp_path, rename, pickled):
    settings, model, weights = categorical()
    folder = write_folder(tmp_path, settings, rename(weights), pickled=pickled)
    evidence = load_wav2vec2("superb-er", folder).read(voice())
    with torch.no_grad():
        values = torch.from_numpy(normalised(voice().samples))[None]
        states = torch.stack(model.wav2vec2(values, output_hidden_states=True).hidden_states)[:, 0].numpy()
    mixing = np.exp(weights["layer_weights"].numpy())
    pooled = np.tensordot(mixing / mixing.sum(), states, 1).mean(0)
    inner = pooled @ weights["projector.weight"].numpy().T + weights["projector.bias"].numpy()
    logits = inner @ weights["classifier.weight"].numpy().T + weights["classifier.bias"].numpy()
    expected = np.exp(logits) / np.exp(logits).sum()
    assert np.ptp(expected) > 0.05
    assert list(evidence.distribution) == ["neutral", "joy", "anger", "sadness"]
    assert list(evidence.distribution.values()) == pytest.approx(expected, abs=1e-5)
    assert evidence.vad_mean == pytest.approx(taxonomy.vad_moments(evidence.distribution)[0])
    assert evidence.intensity == pytest.approx(1 - expected[0], abs=1e-5)
    assert "superb-er" in evidence.reasons[0]


def test_classes_follow_the_labels_of_the_settings(torch, tmp_path):
    settings, _, weights = categorical()
    plain = CategoricalWav2Vec2.from_pretrained(write_folder(tmp_path / "a", settings, weights)).read(voice())
    settings["id2label"] = {"0": "sad", "1": "ang", "2": "neu", "3": "hap"}
    turned = CategoricalWav2Vec2.from_pretrained(write_folder(tmp_path / "b", settings, weights)).read(voice())
    assert turned.distribution["sadness"] == pytest.approx(plain.distribution["neutral"])
    assert turned.distribution["joy"] == pytest.approx(plain.distribution["sadness"])
    for labels in ({"0": "LABEL_0", "1": "LABEL_1"}, {**CLASSES, "3": "hap"}, {}):
        settings["id2label"] = labels
        with pytest.raises(BadInput, match="neu, hap, ang, sad"):
            CategoricalWav2Vec2.from_pretrained(write_folder(tmp_path / "c", settings, weights))


def test_a_classifier_without_its_weights_is_refused(torch, tmp_path):
    settings, _, weights = categorical()
    del weights["classifier.weight"]
    with pytest.raises(BadInput, match=r"lack classifier\.weight"):
        CategoricalWav2Vec2.from_pretrained(write_folder(tmp_path, settings, weights))


def test_another_name_lists_near_ones():
    with pytest.raises(BadInput, match="superb-er"):
        load_wav2vec2("superb")
    with pytest.raises(BadInput, match="audeering-msp-dim, superb-er"):
        load_wav2vec2("xyz")


def test_without_the_packages_the_sentence_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Missing, match=r'pip install "mien-studio\[wav2vec2\]"') as caught:
        load_wav2vec2("superb-er", tmp_path)
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("switch", ["MIEN_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_only_what_is_cached_is_read(torch, tmp_path, monkeypatch, switch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    for name in ("MIEN_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(switch, "1")
    with pytest.raises(Missing, match=f"{switch} is set"):
        load_wav2vec2("superb-er")
    settings, _, weights = categorical()
    home = tmp_path / "models--superb--wav2vec2-base-superb-er"
    folder = write_folder(home / "snapshots" / CategoricalWav2Vec2.revision, settings, weights, pickled=True)
    cached = load_wav2vec2("superb-er").read(voice())
    assert cached.distribution == load_wav2vec2("superb-er", folder).read(voice()).distribution
    with pytest.raises(Missing, match=switch):
        load_wav2vec2("superb-er", revision="0" * 40)


def test_what_is_neither_folder_nor_model_is_bad_input(torch, tmp_path):
    with pytest.raises(BadInput, match="no folder"):
        load_wav2vec2("superb-er", tmp_path / "absent")
    settings, _, weights = categorical()
    with pytest.raises(BadInput, match="revision"):
        load_wav2vec2("superb-er", write_folder(tmp_path, settings, weights), revision="main")


def test_importing_the_module_brings_in_nothing_heavy():
    code = f"import sys, {speech_wav2vec2.__name__}; print({{'torch', 'transformers', 'scipy'}} & set(sys.modules))"
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("set()", "")
