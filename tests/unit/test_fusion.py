"""What words, voice and face say together, and where they disagree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_embed import fusion, taxonomy
from emotion_embed.signals.asr import HeardWord, Transcript
from emotion_embed.state import Evidence


def evidence(modality: str, feeling: str, sure: float = 0.8, reliability: float = 0.9) -> Evidence:
    names = ("neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust")
    distribution = {name: (1 - sure) / len(names) for name in names}
    distribution[feeling] = distribution.get(feeling, 0) + sure
    mean, covariance = taxonomy.vad_moments(distribution)
    return Evidence(modality, distribution, tuple(mean), covariance, reliability, 1 - distribution["neutral"])


def test_agreement_raises_confidence():
    alone = fusion.fuse([evidence("text", "joy", 0.5)])
    agreed = fusion.fuse([evidence("text", "joy", 0.5), evidence("voice", "joy", 0.5)])
    assert agreed.top == alone.top == "joy"
    assert agreed.distribution["joy"] > alone.distribution["joy"]
    assert agreed.confidence > alone.confidence
    assert agreed.conflict < 0.5 and not agreed.remarks


def test_disagreement_is_named_and_costs_confidence():
    agreed = fusion.fuse([evidence("text", "joy"), evidence("voice", "joy")])
    mixed = fusion.fuse([evidence("text", "joy"), evidence("voice", "anger")])
    assert mixed.conflict > 0.5 > agreed.conflict
    assert mixed.confidence < agreed.confidence
    assert mixed.remarks == ("they disagree: the words say joy, the voice says anger",)
    assert np.trace(mixed.vad_covariance) > np.trace(agreed.vad_covariance)


def test_what_is_unreliable_hardly_counts():
    state = fusion.fuse([evidence("text", "joy"), evidence("voice", "anger", reliability=0.02)])
    assert state.top == "joy"
    assert state.conflict < 0.5
    assert state.vad[0] > 0.4


def test_nothing_known_is_flat():
    state = fusion.fuse([evidence("voice", "anger", reliability=0.0)])
    assert max(state.distribution.values()) < 0.25
    assert state.confidence == pytest.approx(0, abs=1e-6)
    assert sum(state.weights.values()) < 0.05


def test_fine_feelings_survive():
    state = fusion.fuse([evidence("text", "nostalgia"), evidence("voice", "sadness")])
    assert state.distribution["nostalgia"] > 0.1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(fusion.MODALITIES),
            st.sampled_from(sorted(taxonomy.FEELINGS)),
            st.floats(0, 1),
            st.floats(0, 1),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_state_is_always_sound(rows):
    state = fusion.fuse([evidence(*row) for row in rows])
    assert sum(state.distribution.values()) == pytest.approx(1)
    assert 0 <= state.confidence <= 1 and 0 <= state.conflict <= 1 and 0 <= state.intensity <= 1
    assert sum(state.weights.values()) <= 1 + 1e-3
    assert np.isfinite(state.vad).all() and np.abs(state.vad).max() <= 1
    assert (np.linalg.eigvalsh(state.vad_covariance) > 0).all()


def test_without_evidence_there_is_no_state():
    with pytest.raises(ValueError, match="no evidence"):
        fusion.fuse([])


def heard(line: str, gap_s: float = 0.1) -> Transcript:
    words, at = [], 0.0
    for text in line.split():
        at += 1.5 if text == "|" else 0.0
        if text != "|":
            words.append(HeardWord(text, at, at + 0.3, 0.9))
            at += 0.3 + gap_s
    return Transcript(tuple(words), "en", 1.0)


def test_hesitation_is_heard():
    fluent, _ = fusion.hesitancy(heard("We went to the beach and had a lovely day there."))
    halting, signs = fusion.hesitancy(heard("Um I guess we | uh went to the | beach maybe."))
    assert fluent < 0.1 < 0.35 < halting
    assert "2 fillers" in signs and "i guess" in signs and "long pauses" in signs


def test_divergence_is_symmetric_and_bounded():
    one, other = np.array([1.0, 0, 0]), np.array([0, 0.5, 0.5])
    assert fusion.divergence(one, other) == pytest.approx(1)
    assert fusion.divergence(one, one) == 0
    mixed = np.array([0.4, 0.4, 0.2])
    assert fusion.divergence(one, mixed) == pytest.approx(fusion.divergence(mixed, one))
