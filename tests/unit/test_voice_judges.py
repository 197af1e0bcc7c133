"""The judges of an emotional voice, and the measures made of what they say."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from emotion_embed import taxonomy
from emotion_embed.signals.audio import Audio
from scripts.evaluation.caching import code_hash
from scripts.evaluation.metrics import confusion, rank_correlation, unweighted_recall
from scripts.evaluation.voice.acoustic_features import voice_features
from scripts.evaluation.voice.clips import EVALUATION_SENTENCES, STRENGTHS
from scripts.evaluation.voice.measured import Measured, Speed, second_opinion
from scripts.evaluation.voice.measures import clear_pairs, likeness, order_kept, order_of, strangers
from scripts.evaluation.voice.naturalness import naturalness
from scripts.evaluation.voice.report import aims_grid, heading, heard_grid, strength_grid
from scripts.evaluation.voice.second_judge import (
    Heard,
    leave_one_speaker_out,
    relative_to_neutral,
    train_second_judge,
)
from scripts.evaluation.voice.speaker import load_speaker_encoder
from scripts.training.corpora.emodb import LABELS

pytestmark = pytest.mark.extras

JOY, NEUTRAL, SADNESS = (LABELS.index(name) for name in ("joy", "neutral", "sadness"))


def buzz(pitch_hz, duration_s=1.6, level=0.1):
    """A voice of twenty harmonics that speaks four syllables a second."""
    times_s = np.arange(int(16_000 * duration_s)) / 16_000
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(pitch_hz, times_s.shape)) / 16_000
    tone = sum(np.sin(k * phase) / k**1.5 for k in range(1, 20)) * np.sin(2 * np.pi * 2 * times_s) ** 2
    return Audio((level * tone).astype(np.float32), 16_000)


def speakers(rng, n_each=6):
    """Three speakers, each with features far from the others', joy and sadness alike for all as steps from neutral."""
    steps = {NEUTRAL: 0.0, JOY: 3.0, SADNESS: -3.0}
    rows, names, labels = [], [], []
    for speaker in ("a", "b", "c"):
        home = 50 * rng.standard_normal(8)
        for label, step in steps.items():
            for _ in range(n_each):
                rows.append(home + step * np.arange(8) / 8 + 0.3 * rng.standard_normal(8))
                names.append(speaker)
                labels.append(label)
    return Heard(np.array(rows), np.array(names), np.array(labels))


def test_differences_from_neutral_do_not_tell_the_speaker():
    heard = speakers(np.random.default_rng(0))
    relative = relative_to_neutral(heard)
    joyful = [relative[(heard.speakers == s) & (heard.labels == JOY)].mean(0) for s in "abc"]
    assert np.ptp(joyful, axis=0).max() < 1.0


def test_a_neutral_clip_is_no_part_of_its_own_reference():
    features = np.array([[0.0], [3.0], [6.0], [10.0]])
    heard = Heard(features, np.array(["a"] * 4), np.array([NEUTRAL, NEUTRAL, NEUTRAL, JOY]))
    assert relative_to_neutral(heard).ravel().tolist() == [-4.5, 0.0, 4.5, 7.0]


def test_a_speaker_with_one_neutral_clip_is_refused():
    heard = Heard(np.ones((2, 3)), np.array(["a", "a"]), np.array([NEUTRAL, JOY]))
    with pytest.raises(ValueError, match="two are needed"):
        relative_to_neutral(heard)


def test_the_second_judge_names_a_speaker_that_it_never_heard():
    pytest.importorskip("sklearn")
    heard = speakers(np.random.default_rng(1))
    found = leave_one_speaker_out([heard])
    assert unweighted_recall(heard.labels, found) > 0.95
    chances = train_second_judge([heard]).probabilities(relative_to_neutral(heard))
    assert chances.shape == (len(heard.labels), 7)
    assert chances.sum(1) == pytest.approx(np.ones(len(chances)))
    assert chances[:, LABELS.index("fear")].max() == 0  # it never heard any


def test_features_hear_pitch_but_neither_level_nor_the_rate_of_the_file():
    pytest.importorskip("librosa")
    low, high = voice_features(buzz(120.0)), voice_features(buzz(240.0))
    soft = voice_features(buzz(120.0, level=0.01))
    assert low.shape == (175,) and np.isfinite(low).all()
    assert np.abs(low - soft).max() < 0.15
    assert (np.abs(high - low - 12) < 0.5).sum() >= 5  # the mean and the percentiles of the pitch
    faster_file = buzz(120.0).resampled(24_000)
    assert np.median(np.abs(voice_features(faster_file) - low)) < 0.1


@pytest.mark.parametrize("kind", ["noise", "click"])
def test_features_of_what_is_no_voice_are_finite(kind):
    pytest.importorskip("librosa")
    samples = np.zeros(16_000, np.float32)
    samples[8000:8400] = 0.5
    if kind == "noise":
        samples = 0.1 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    features = voice_features(Audio(samples, 16_000))
    assert features.shape == (175,) and np.isfinite(features).all()


def test_recall_weighs_labels_alike_and_leaves_out_those_never_asked():
    truth = np.array([JOY] * 8 + [SADNESS] * 2)
    found = np.array([JOY] * 8 + [SADNESS, JOY])
    table = confusion(truth, found, len(LABELS))
    assert table.sum() == 10 and table[SADNESS, JOY] == 1
    assert unweighted_recall(truth, found) == pytest.approx(0.75)


def test_the_order_of_pairs_counts_only_those_that_lie_clearly_apart():
    arousal = {(LABELS[low], LABELS[high]) for low, high in clear_pairs(1)}
    assert ("boredom", "fear") in arousal and ("sadness", "joy") in arousal
    assert not {("joy", "anger"), ("anger", "joy"), ("fear", "boredom")} & arousal
    pleasant = {LABELS[i] for pair in clear_pairs(0) for i in pair if pair[1] == JOY}
    assert pleasant == set(LABELS)
    place = np.array([taxonomy.FEELINGS[label].vad[1] for label in LABELS])
    assert order_kept(place, 1).all()
    assert not order_kept(-place, 1).any()
    assert order_kept(np.tile(place, (3, 1)), 1).shape == (3, len(clear_pairs(1)))


def test_strengths_are_compared_by_rank():
    asked = np.array([0, 0.25, 0.5, 0.75, 1])
    assert rank_correlation(asked, asked**3) == pytest.approx(1)
    assert rank_correlation(asked, np.array([0.1, 0.2, 0.4, 0.3, 0.9])) == pytest.approx(0.9)
    assert rank_correlation(asked, np.full(5, 0.2)) == 0


def test_likeness_compares_only_different_sentences():
    vectors = np.eye(3)
    assert likeness(vectors, vectors) == pytest.approx(0)
    assert likeness(np.roll(vectors, 1, axis=0), vectors) == pytest.approx(0.5)


def test_the_hash_of_code_ignores_comments_and_layout_alone(tmp_path):
    one, two, other = (tmp_path / f"{name}.py" for name in ("one", "two", "other"))
    one.write_text("x = f(1,\n  2)  # why\n")
    two.write_text("x = f(1, 2)\n")
    other.write_text("x = f(1, 3)\n")
    assert code_hash([one]) == code_hash([two]) != code_hash([other])
    assert code_hash([one], {"weights": b"a"}) != code_hash([one], {"weights": b"b"})


def test_a_speaker_is_nearer_to_itself_than_to_another():
    pytest.importorskip("torch")
    pytest.importorskip("librosa")
    if find_spec("resemblyzer") is None:
        pytest.skip("resemblyzer is not here")
    encoder = load_speaker_encoder()
    one, same, other = (encoder.embed(buzz(p, 2.4)) for p in (110.0, 112.0, 260.0))
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-4)
    assert one @ same > one @ other


def test_noise_in_a_voice_is_less_natural():
    pytest.importorskip("speechmos")
    clear = buzz(120.0)
    noise = 0.1 * np.random.default_rng(0).standard_normal(len(clear.samples)).astype(np.float32)
    assert naturalness(Audio(clear.samples + noise, 16_000))["ovrl"] < naturalness(clear)["ovrl"]


# What scripts.evaluation.voice makes of it ---------------------------------------------------------------------------


def perfect(n_sentences=4):
    """Two voices whose every feeling is heard as asked, at no cost, the stronger the more it was asked for."""
    labels, eye = np.eye(7), np.eye(2)
    voices, shape = ("af_one", "af_two"), (2, 7, n_sentences)
    place = np.array([taxonomy.FEELINGS[label].vad[:2] for label in LABELS])
    strength = np.array(STRENGTHS)[None, None, :, None, None]
    return Measured(
        voices,
        ear=np.broadcast_to(labels[None, :, None], (*shape, 7)),
        ear_va=np.broadcast_to(place[None, :, None], (*shape, 2)),
        words=np.broadcast_to(np.array([0, 9]), (*shape, 2)),
        mos=np.full((*shape, 2), 4.0),
        speaker=np.broadcast_to(eye[:, None, None], (*shape, 2)),
        graded=np.broadcast_to(strength, (2, 6, 5, 2, n_sentences)),
        features=None,
    )


def met(measured, second=None):
    grid = aims_grid(measured, second, Speed(0.2, 0.3, 0.5))
    return {row[0]: row[-1] for row in grid.rows}


def test_a_perfect_voice_meets_every_aim():
    measured = perfect()
    aims = met(measured, measured.ear)
    assert len(aims) == 14 and set(aims.values()) == {"yes"}
    assert order_of(measured.ear_va).wrong == "none"
    assert strangers(measured) == 0


def test_each_failing_is_told():
    good = perfect()
    bad = replace(
        good,
        ear=np.roll(good.ear, 1, axis=1), ear_va=-good.ear_va, graded=-good.graded,
        words=np.where((np.arange(7) == NEUTRAL)[None, :, None, None], good.words, np.array([1, 9])),
        mos=np.where((np.arange(7) == NEUTRAL)[None, :, None, None], good.mos, 3.0),
        speaker=np.where((np.arange(7) == NEUTRAL)[None, :, None, None], good.speaker, good.speaker[::-1]),
    )  # fmt: skip
    aims = met(bad, bad.ear)
    assert aims.pop("time over speech, two cores") == "yes"
    assert set(aims.values()) == {"NO"}
    assert heard_grid("", bad.ear).rows[0][-1] == "0%"


def test_the_second_judge_is_given_each_voice_against_its_own_plain_clips():
    pytest.importorskip("sklearn")
    heard = speakers(np.random.default_rng(2))
    features = np.zeros((2, 7, 3, 8))
    for label in (JOY, NEUTRAL, SADNESS):
        for i, name in enumerate("ab"):
            features[i, label] = heard.features[(heard.speakers == name) & (heard.labels == label)][:3]
    second = second_opinion(replace(perfect(3), features=features), train_second_judge([heard], without="a"))
    assert (second.argmax(-1)[:, [JOY, NEUTRAL, SADNESS]] == np.array([JOY, NEUTRAL, SADNESS])[None, :, None]).all()


def test_sentences_are_twelve_short_ones_that_nothing_was_trained_on():
    from scripts.training.speech.features import SENTENCES

    sentences = EVALUATION_SENTENCES
    assert len(set(sentences)) == 12
    assert all(6 <= len(sentence.split()) <= 12 for sentence in sentences)
    assert not set(sentences) & set(SENTENCES["en"])


def test_tables_are_markdown():
    grid = strength_grid(perfect())
    lines = grid.markdown().splitlines()
    assert len(lines) == 2 + 2 + 6
    assert len({line.count("|") for line in lines[2:]}) == 1
    assert "{" not in heading(perfect(), 0.78)
