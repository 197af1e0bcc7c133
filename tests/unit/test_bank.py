"""The space of feelings and its codes."""

import numpy as np
import pytest

from emotion_embed import taxonomy
from emotion_embed.bank import input_names, load_emotion_bank, state_inputs
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


def test_mixtures_of_basic_emotions_are_embedded_as_states_are(bank):
    weights = np.array([[0.5, 0.2, 0, 0, 0, 0, 0.1], [0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0, 0]])
    states = [EmotionState(dict(zip(taxonomy.BASIC[1:], row, strict=True))) for row in weights.tolist()]
    alone = [bank.read(bank.embed(state).mean) for state in states]
    assert bank.embed_weights(weights) == pytest.approx(np.array(alone), abs=1e-5)


def test_the_inputs_have_names(bank):
    names, numbers = input_names(), state_inputs(parse_emotion("boredom:0.5"))
    assert len(names) == len(numbers)
    said = dict(zip(names, numbers.tolist(), strict=True))
    assert said["boredom"] == said["neutral"] == 0.5 and said["arousal"] == pytest.approx(-0.3)
