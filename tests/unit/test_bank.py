"""The space of feelings and its codes; identities beside it."""

import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.bank import load_emotion_bank, load_identity_bank
from emotion_embed.state import EmotionState, parse_emotion


@pytest.fixture(scope="module")
def bank():
    return load_emotion_bank()


def test_shapes_and_attention(bank):
    embedding = bank.embed(parse_emotion("joy:0.8"))
    assert embedding.mean.shape == embedding.log_variance.shape == (32,)
    attention = bank.attention(embedding.mean)
    assert attention.shape == (64,) and attention.sum() == pytest.approx(1, abs=1e-5)
    assert bank.read(embedding.mean).shape == (32,)


@pytest.mark.parametrize("name", ["joy", "sadness", "anger", "fear", "surprise", "disgust", "neutral", "gratitude"])
def test_a_feeling_can_be_read_back(bank, name):
    state = EmotionState(taxonomy.mixture(name), {name: 1.0}, taxonomy.FEELINGS[name].vad)
    assert next(iter(bank.feelings(bank.embed(state).mean))) == name


@pytest.mark.parametrize("name", ["joy", "sadness", "anger", "fear"])
def test_codes_are_named_after_what_falls_to_them(bank, name):
    state = EmotionState({name: 1.0}, {name: 1.0}, taxonomy.FEELINGS[name].vad)
    codes = bank.nearest(bank.embed(state).mean, 3)
    assert sum(attention for _, attention, _ in codes) <= 1 + 1e-5
    kin = {n for n, f in taxonomy.FEELINGS.items() if f.mixture.get(name, 0) >= 0.4}
    assert any(feeling in codes[0][2] for feeling in kin)


def test_near_feelings_lie_near(bank):
    def at(name):
        return bank.embed(EmotionState(taxonomy.mixture(name), {name: 1.0}, taxonomy.FEELINGS[name].vad)).mean

    assert np.linalg.norm(at("joy") - at("excitement")) < np.linalg.norm(at("joy") - at("grief"))
    assert np.linalg.norm(at("anger") - at("irritation")) < np.linalg.norm(at("anger") - at("calm"))


def test_an_identity_bank_keeps_names_and_finds_them(tmp_path):
    bank, rng = load_identity_bank(), np.random.default_rng(0)
    features = {name: rng.standard_normal(2066).astype(np.float32) for name in ("Ann", "Bo")}
    for name, row in features.items():
        bank.add("voice", name, bank.embed_voice(row))
    bank.save(tmp_path / "people.safetensors")
    again = load_identity_bank()
    again.restore(tmp_path / "people.safetensors")
    assert again.nearest("voice", again.embed_voice(features["Bo"] * 1.001))[0][0] == "Bo"


def test_what_is_no_identity_bank_is_refused(tmp_path):
    wrong = tmp_path / "wrong.safetensors"
    wrong.write_bytes(b"\x80\x04not a bank")
    with pytest.raises(BadInput, match="no identity bank"):
        load_identity_bank().restore(wrong)


def test_a_portrait_is_itself_larger_moved_and_turned():
    from generators.head.mesh.rig import load_rig

    points = np.zeros((478, 3))
    points[:468] = load_rig().canonical * [30, -30, -30]
    bank = load_identity_bank()
    other = points * [1.0, 1.15, 1.0]  # a longer face
    angle = np.radians(20)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    moved = (other * 2.5) @ turn + [200, 100, 0]
    assert bank.embed_portrait(moved) @ bank.embed_portrait(other) > 0.999
    bank.add("portrait", "long", bank.embed_portrait(other))
    assert bank.nearest("portrait", bank.embed_portrait(moved))[0][0] == "long"
