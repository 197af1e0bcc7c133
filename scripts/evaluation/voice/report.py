"""The tables of the evaluation of voices, and its aims."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotion_embed import taxonomy
from scripts.evaluation.tables import Grid, confusion_grid
from scripts.evaluation.voice.clips import FELT, STRENGTHS
from scripts.evaluation.voice.measured import Measured, Speed
from scripts.evaluation.voice.measures import (
    CLEARLY,
    clear_pairs,
    cosines,
    known_again,
    likenesses,
    naturalnesses,
    order_of,
    recognised,
    strangers,
    strength_ranks,
    word_errors,
)
from scripts.training.corpora.emodb import LABELS, NEUTRAL


def heard_grid(title: str, probabilities: np.ndarray) -> Grid:
    """What was asked against what was heard, from probabilities (v, 7, s, 7)."""
    truth = np.broadcast_to(np.arange(len(LABELS))[None, :, None], probabilities.shape[:3])
    return confusion_grid(title, LABELS, truth.ravel(), probabilities.argmax(-1).ravel(), "asked \\ heard")


def feeling_grid(measured: Measured) -> Grid:
    """What each feeling costs."""
    errors, like, natural = word_errors(measured), likenesses(measured), naturalnesses(measured)
    mos = measured.mos.mean((0, 2))
    rows = [
        (
            label, f"{errors[i]:.1%}", f"{like[:, i].mean():.2f}", f"{like[:, i].min():.2f}",
            f"{mos[i, 0]:.2f} ({natural[i, 0]:.0%})", f"{mos[i, 1]:.2f} ({natural[i, 1]:.0%})",
        )
        for i, label in enumerate(LABELS)
    ]  # fmt: skip
    header = ("feeling", "word errors", "likeness", "least of a voice", "DNSMOS P.808", "DNSMOS overall")
    return Grid("What it costs, by feeling; in brackets over the plain voice.", header, rows)


def strength_grid(measured: Measured) -> Grid:
    ranks, heard = strength_ranks(measured), measured.graded.mean((0, -1))  # (6, 5, 2)
    rows = [
        (
            label, *(f"{p:.2f}" for p in heard[i, :, 0]), f"{ranks[:, i, 0].mean():.2f}", f"{ranks[:, i, 0].min():.2f}",
            f"{(ranks[:, i, 0] > 0.899).sum()} / {len(ranks)}", f"{(ranks[:, i, 1] > 0.899).sum()} / {len(ranks)}",
        )
        for i, label in enumerate(FELT)
    ]  # fmt: skip
    header = ("asked strength", *(f"{x:g}" for x in STRENGTHS), "ρ", "least ρ", "voices ≥ .9", "by the head's distance")
    return Grid("Heard strength: the own ear's probability of the feeling, mean over voices.", header, rows)


def voice_grid(measured: Measured, second: np.ndarray | None) -> Grid:
    own, like = recognised(measured.ear).mean((1, 2)), likenesses(measured)
    felt = [i for i in range(len(LABELS)) if i != NEUTRAL]
    other = recognised(second).mean((1, 2)) if second is not None else None
    errors, ranks = measured.words.sum(2), strength_ranks(measured)[..., 0]
    rows = []
    for i, voice in enumerate(measured.voices):
        wrong, words = errors[i, felt].sum(0)
        rows.append((
            voice, f"{own[i]:.0%}", f"{other[i]:.0%}" if other is not None else "–",
            f"{errors[i, NEUTRAL, 0] / errors[i, NEUTRAL, 1]:.1%} → {wrong / words:.1%}",
            f"{like[i, felt].mean():.2f}", f"{measured.mos[i, felt, :, 0].mean():.2f}", f"{ranks[i].mean():.2f}",
        ))  # fmt: skip
    header = ("voice", "own ear", "second judge", "word errors, plain → felt", "likeness", "DNSMOS P.808", "mean ρ")
    return Grid("By voice.", header, rows)


def aims_grid(measured: Measured, second: np.ndarray | None, speed: Speed) -> Grid:
    """Every aim, what was measured, and whether it is met."""
    rows = [*_heard_rows(measured, second), *_cost_rows(measured), *_strength_and_speed_rows(measured, speed)]
    return Grid("Aims.", ("what", "measured", "aim", "met"), [(*row[:3], "yes" if row[3] else "NO") for row in rows])


def _heard_rows(measured: Measured, second: np.ndarray | None) -> Iterator[tuple[str, str, str, bool]]:
    felt = [i for i in range(len(LABELS)) if i != NEUTRAL]
    judged = [("own ear", measured.ear, measured.ear_va, 0.70)]
    if second is not None:
        places = np.array([taxonomy.FEELINGS[label].vad[:2] for label in LABELS])
        judged.append(("second judge", second, second @ places, 0.50))
    for name, probabilities, va, aim in judged:
        right, order = recognised(probabilities), order_of(va)
        share, without_neutral = right.mean(), right[:, felt].mean()
        yield (
            f"asked feeling named, {name}",
            f"{share:.1%} (feelings alone {without_neutral:.1%})",
            f"≥ {aim:.0%}",
            (share >= aim),
        )
        yield f"order of arousal, {name}", f"{order.arousal:.1%}", "≥ 90 %", order.arousal >= 0.9
        yield f"order of valence, {name}", f"{order.valence:.1%}", "≥ 90 %", order.valence >= 0.9


def _cost_rows(measured: Measured) -> Iterator[tuple[str, str, str, bool]]:
    felt = [i for i in range(len(LABELS)) if i != NEUTRAL]
    errors, like, natural = word_errors(measured), likenesses(measured), naturalnesses(measured)
    plain, worst = errors[NEUTRAL], errors[felt].max()
    wrong, words = measured.words[:, felt].sum((0, 1, 2))
    said = f"{plain:.1%} plain, {wrong / words:.1%} felt, worst feeling {worst:.1%}"
    yield "word errors", said, "at most 2 points more", wrong / words - plain <= 0.02
    other = strangers(measured)
    beside = f"; another voice {other:.2f}" if other is not None else ""
    ratio = like[:, felt]
    own = cosines(measured)[:, NEUTRAL].mean()
    said = f"{ratio.mean():.2f}, worst feeling {ratio.mean(0).min():.2f}{beside}; plain’s own cosine {own:.2f}"
    yield "likeness to the plain voice", said, "≥ 0.85", ratio.mean(0).min() >= 0.85
    felt_known, plain_known = known_again(measured)
    said = f"{felt_known:.1%} (plain {plain_known:.1%})"
    yield f"known among {len(measured.voices)} voices", said, "≥ 95 % of plain", felt_known >= 0.95 * plain_known
    for k, name in enumerate(("P.808", "overall")):
        mean, least = natural[felt, k].mean(), natural[felt, k].min()
        said = f"{mean:.1%} of plain, worst feeling {least:.1%}"
        yield f"naturalness by DNSMOS {name} (a proxy)", said, "≥ 95 %", mean >= 0.95


def _strength_and_speed_rows(measured: Measured, speed: Speed) -> Iterator[tuple[str, str, str, bool]]:
    for k, name in enumerate(("probability", "head's distance")):
        ranks = strength_ranks(measured)[..., k]
        said = f"{(ranks > 0.899).sum()} of {ranks.size}, mean ρ {ranks.mean():.2f}, least {ranks.min():.2f}"
        yield f"voices and feelings with ρ ≥ .9, by the ear's {name}", said, "all", bool((ranks > 0.899).all())
    said = f"{speed.felt:.2f} ({speed.felt_core_s:.2f} core seconds; plain {speed.plain:.2f})"
    yield "time over speech, two cores", said, "≤ 0.36", speed.felt <= 0.36


HEADING = (
    "`scripts.evaluation.voice`: {voices} voices × 7 feelings × {sentences} neutral sentences, neither voices nor "
    "sentences used to find the manners of the voice. The own ear is `emotion_embed.readers.speech` as a user gets "
    "it (the likeliest of its seven labels); the search listened with it, and it was trained on softly labelled "
    "clips of these voices among others. The second judge was never used in a search. It hears features of its own, "
    "as the difference from the same voice's plain clips (a plain clip: from the others), and names EmoDB's actors, "
    "each left out, with UAR {uar}. It is not a stranger to the search, though: that listened with another judge of "
    "melody, loudness, tempo and bands against plain speech, and all three learned from the same eight German "
    "actors. GE2E and DNSMOS were used in the search too, so likeness and naturalness are new only in voices and "
    "sentences. No listener was asked. Order: of {valence} pairs of feelings whose valence in the taxonomy differs "
    "by {clearly} or more, and {arousal} pairs by arousal, how many stand right in a voice's mean over its "
    "sentences; what a judge hears as valence and arousal is the taxonomy's place of each label, weighed by its "
    "probability. Words as Whisper base hears them. Likeness: cosine of GE2E vectors to plain clips of other "
    "sentences, over that among the plain clips. DNSMOS is a network's guess about telephony, a proxy. Heard "
    "strength: the own ear's probability of the feeling, mean over four sentences, at {strengths}; beside it the "
    "distance along the linear heads of that ear from neutral to the feeling, which no confidence flattens."
)


def heading(measured: Measured, uar: float | None) -> str:
    return HEADING.format(
        voices=len(measured.voices), sentences=measured.ear.shape[2], uar="–" if uar is None else f"{uar:.2f}",
        valence=len(clear_pairs(0)), arousal=len(clear_pairs(1)), clearly=CLEARLY,
        strengths=", ".join(f"{x:g}" for x in STRENGTHS),
    )  # fmt: skip


def report(measured: Measured, second: np.ndarray | None, speed: Speed) -> tuple[list[Grid], str]:
    """All tables, and the pairs that most often stand wrong."""
    grids = [aims_grid(measured, second, speed), heard_grid("Own ear, clips.", measured.ear)]
    if second is not None:
        grids.append(heard_grid("Second judge, clips.", second))
    grids += [feeling_grid(measured), strength_grid(measured), voice_grid(measured, second)]
    return (
        grids,
        f"Pairs that stand wrong in more than a quarter of the voices, own ear: {order_of(measured.ear_va).wrong}.",
    )
