"""One ontology for all label sets, and the way between names and valence–arousal–dominance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.taxonomy import BASIC, FEELINGS, LABEL_SETS

ROOTS = {"love", "joy", "surprise", "anger", "sadness", "fear", "interest", "neutral"}

distributions = st.dictionaries(st.sampled_from(sorted(FEELINGS)), st.floats(0.01, 1), min_size=1, max_size=6).map(
    lambda d: {name: p / sum(d.values()) for name, p in d.items()}
)


@pytest.mark.parametrize(
    ("label_set", "n"),
    [("goemotions", 28), ("ekman", 7), ("mead", 8), ("empathetic_dialogues", 32), ("plutchik", 8), ("emodb", 7)],
)
def test_every_label_of_every_set_has_a_place(label_set, n):
    labels = LABEL_SETS[label_set]
    assert len(labels) == len(set(labels)) == n
    assert all(taxonomy.canonical(label) in FEELINGS for label in labels)


def test_the_table_is_sound():
    for name, feeling in FEELINGS.items():
        assert feeling.root in ROOTS, name
        assert all(-1 <= v <= 1 for v in feeling.vad), name
        assert set(feeling.mixture) <= set(BASIC[1:]) and sum(feeling.mixture.values()) <= 1 + 1e-9, name
        assert name == "neutral" or feeling.action_units, name
    assert all(target in FEELINGS for target in taxonomy.ALIASES.values())
    assert not set(taxonomy.ALIASES) & set(FEELINGS)


def test_basic_coordinates_are_russell_and_mehrabians():
    assert FEELINGS["anger"].vad == (-0.51, 0.59, 0.25)
    assert FEELINGS["joy"].vad == (0.81, 0.51, 0.46)
    assert FEELINGS["fear"].vad == (-0.62, 0.82, -0.43)


def test_a_typo_gets_near_names():
    with pytest.raises(BadInput, match="sadness"):
        taxonomy.canonical("sadnes")
    assert taxonomy.canonical(" Furious ") == "rage"


@pytest.mark.parametrize("name", [n for n in FEELINGS if n not in ("faith", "trust", "annoyance", "irritation")])
def test_a_name_survives_the_way_through_vad(name):
    found = taxonomy.distribution_from_vad(np.array(FEELINGS[name].vad), 1e-4 * np.eye(3))
    assert max(found, key=found.get) == name
    assert sum(found.values()) == pytest.approx(1)


def test_uncertainty_flattens_what_vad_says():
    at = np.array(FEELINGS["joy"].vad)
    sure = taxonomy.distribution_from_vad(at, 0.01 * np.eye(3))
    unsure = taxonomy.distribution_from_vad(at, 1.0 * np.eye(3))
    assert sure["joy"] > 2 * unsure["joy"]


@given(distributions)
def test_distributions_keep_their_mass(distribution):
    basic = taxonomy.basic_distribution(distribution)
    assert basic.sum() == pytest.approx(1) and (basic >= 0).all()
    for label_set in LABEL_SETS:
        assert taxonomy.to_labels(label_set, distribution).sum() == pytest.approx(1)
    mean, covariance = taxonomy.vad_moments(distribution)
    assert (np.abs(mean) <= 1).all() and (np.linalg.eigvalsh(covariance) > 0).all()


@pytest.mark.parametrize("label_set", sorted(LABEL_SETS))
def test_labels_go_there_and_back(label_set):
    rng = np.random.default_rng(0)
    names = [taxonomy.canonical(label) for label in LABEL_SETS[label_set]]
    if len(set(names)) < len(names):
        pytest.skip("two labels of this set are one feeling here, so the way back is not unique")
    p = rng.dirichlet(np.ones(len(names)))
    assert taxonomy.to_labels(label_set, taxonomy.from_labels(label_set, p)) == pytest.approx(p)


@pytest.mark.parametrize("wrong", [np.zeros(7), np.ones(6), -np.ones(7), np.full(7, np.nan)])
def test_labels_that_are_no_distribution_are_refused(wrong):
    with pytest.raises(ValueError, match="emodb needs 7"):
        taxonomy.from_labels("emodb", wrong)


# From a point to a mixture --------------------------------------------------------------------------------------------


@given(distributions)
def test_every_point_among_the_named_ones_is_met(distribution):
    asked = taxonomy.mean_vad(distribution)
    mixture = taxonomy.mixture_at(asked)
    assert taxonomy.mean_vad(mixture) == pytest.approx(asked, abs=0.02)
    assert len(mixture) <= 5 and 0 <= sum(mixture.values()) <= 1 + 1e-9 and "neutral" not in mixture


@pytest.mark.parametrize("name", sorted(set(FEELINGS) - {"neutral"}))
def test_the_place_of_a_feeling_is_its_name(name):
    mixture = taxonomy.mixture_at(FEELINGS[name].vad)
    assert next(iter(mixture)) == name and mixture[name] > 0.95


@given(st.tuples(*[st.floats(-1, 1)] * 3))
def test_no_feeling_lies_nearer_to_a_point_out_of_reach(asked):
    reached = np.array(taxonomy.mean_vad(taxonomy.mixture_at(asked)))
    distances = [np.linalg.norm(np.subtract(f.vad, asked)) for f in FEELINGS.values()]
    assert np.linalg.norm(reached - asked) <= min(distances) + 0.02
