"""Leave-one-speaker-out tables of recall, calibration, arousal and valence."""

from __future__ import annotations

import sys

import numpy as np

from emotion_embed import taxonomy
from emotion_embed.readers.speech import LABELS, SpeechReader
from scripts.evaluation.metrics import calibration_error, unweighted_recall
from scripts.training.corpora.utterances import HELD_OUT_VOICES
from scripts.training.speech.features import Clips
from scripts.training.speech.heads import build


def leave_one_speaker_out(
    clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of every clip and variant, by a model that never heard its speaker: probabilities (n, 7), reliability (n,)."""
    out, reliability = np.zeros((len(clips.labels), len(LABELS))), np.zeros(len(clips.labels))
    for speaker in np.unique(clips.speakers):
        kept = clips.speakers != speaker
        weights, config = build(clips.where(kept), others, targets[kept], other_targets)
        reader = SpeechReader(weights, config)
        out[~kept] = reader.probabilities(clips.features[~kept], clips.seconds[~kept])
        for i in np.flatnonzero(~kept):
            reliability[i] = reader.evidence(clips.features[i : i + 1], clips.seconds[i : i + 1]).reliability
        sys.stdout.write(f"without speaker {speaker}: done\n")
        sys.stdout.flush()
    return out, reliability


def table(clips: Clips, probabilities: np.ndarray) -> str:
    """Recall, calibration and arousal by variant, as Markdown."""
    high = {"anger": 1, "fear": 1, "joy": 1, "disgust": 0.5, "neutral": 0, "boredom": -1, "sadness": -1}
    arousal = np.array([taxonomy.FEELINGS[label].vad[1] for label in LABELS])
    lines = [
        "| heard as | UAR | calibration error | arousal, r with the actors' classes | valence, r |",
        "|---|---|---|---|---|",
    ]
    valence = np.array([taxonomy.FEELINGS[label].vad[0] for label in LABELS])
    for variant in dict.fromkeys(clips.variants):
        rows = clips.variants == variant
        p, truth = probabilities[rows], clips.labels[rows]
        r = np.corrcoef(p @ arousal, [high[LABELS[i]] for i in truth])[0, 1]
        r_valence = np.corrcoef(p @ valence, valence[truth])[0, 1]
        lines.append(
            f"| {variant} | {unweighted_recall(truth, p.argmax(1)):.3f} | {calibration_error(p, truth):.3f} "
            f"| {r:.2f} | {r_valence:.2f} |"
        )
    return "\n".join(lines)


def domain_table(clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray) -> str:
    """Neutral speech of a corpus that no part of the model was told of: what is said of it, and how surely."""
    corpora = np.array([speaker.split("-")[0] for speaker in others.speakers])
    neutral = LABELS.index("neutral")
    lines = [
        "| neutral speech of a corpus left out | strangeness | likeliest feeling | its probability | neutral |",
        "|---|---|---|---|---|",
    ]
    for corpus in dict.fromkeys(corpora):
        weights, config = build(clips, others.where(corpora != corpus), targets, other_targets[corpora != corpus])
        reader = SpeechReader(weights, config)
        features = others.features[(corpora == corpus) & (others.labels == neutral)]
        p, strange = reader.probabilities(features, 2.0), np.median(reader.strangeness(features, 2.0))
        top, sure = LABELS[int(p.mean(0).argmax())], p.max(1).mean()
        lines.append(f"| {corpus} ({len(p)}) | {strange:.2f} | {top} | {sure:.2f} | {p[:, neutral].mean():.2f} |")
    return "\n".join([*lines, "", _synthetic_arousal(clips, others, targets, other_targets)])


def _synthetic_arousal(clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray) -> str:
    """Whether the prosody of feelings is heard in synthetic voices that were left out."""
    held = np.isin(np.char.partition(others.speakers.astype(str), "-")[:, 2], sorted(HELD_OUT_VOICES))
    weights, config = build(clips, others.where(~held), targets, other_targets[~held])
    p = SpeechReader(weights, config).probabilities(others.features[held], 2.0)
    arousal = np.array([taxonomy.FEELINGS[label].vad[1] for label in LABELS])
    r = np.corrcoef(p @ arousal, arousal[others.labels[held]])[0, 1]
    recall = unweighted_recall(others.labels[held], p.argmax(1))
    return (
        f"Of {len(HELD_OUT_VOICES)} SYNTHETIC voices that were left out, speaking with the prosody of each feeling, "
        f"arousal is heard with r {r:.2f}, and the feeling with UAR {recall:.2f} (chance .14)."
    )


HEADING = (
    "`scripts.training.speech --evaluate --domains`: EmoDB, each of 8 actors read by a model that never heard "
    "them, no speaker normalisation; 408 clips of 2 s as they are, and each faster or slower, in noise, through a "
    "narrow line, and one second of it."
)
ANCHORS = (
    "Anchors, the same way without speaker normalisation: linear on log-mel statistics UAR .66; logistic regression on "
    "mean and deviation of Whisper tiny's last encoder layer .78."
)
