"""The second judge of an emotional voice, which no search for speaking styles may use.

    python -m scripts.evaluation.voice.second_judge --data ../shared/data --work DIR     # on actors it never heard

It measures for itself what it hears, without Whisper and without `emotion_embed.readers.prosody_features`:
cepstra, spectral contrast and flux, melody, loudness, timing, balance, harmonics and modulation, each as the difference
from the same speaker's neutral speech; a logistic regression names the feeling. The difference is what lets it go from
German actors in a studio to an English synthetic voice. It was taught by the same actors as the first ear and as the
acoustic judge of the search, whose features are of the same kind as some of these: what all of them believe wrongly of
those actors, it will not notice.

Keep it out of any search: a judge that was searched on is no judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from scripts.command_line import options_of
from scripts.evaluation.caching import code_hash
from scripts.evaluation.metrics import unweighted_recall
from scripts.evaluation.tables import confusion_grid
from scripts.evaluation.voice import acoustic_features
from scripts.evaluation.voice.acoustic_features import RATE_HZ, voice_features
from scripts.training.corpora.emodb import LABELS, NEUTRAL, actor_of, emodb_clips, label_of

RATES = (1.0, 1.064, 0.943)  # tape speeds at which the second ear hears each actor
STRENGTH_C, CLIP = 0.03, 2.5


@dataclass(frozen=True)
class Heard:
    """Clips of several speakers: `features` (n, d), who speaks (n,), `labels` (n,) as numbers of `LABELS`."""

    features: np.ndarray
    speakers: np.ndarray
    labels: np.ndarray


def relative_to_neutral(heard: Heard) -> np.ndarray:
    """The features less the mean of the same speaker's neutral clips, (n, d).

    A neutral clip is left out of its own mean: it would otherwise be known by its small distance. Each speaker needs
    two neutral clips.
    """
    out = np.array(heard.features, float)
    for speaker in np.unique(heard.speakers):
        own = heard.speakers == speaker
        neutral = np.flatnonzero(own & (heard.labels == NEUTRAL))
        if len(neutral) < 2:
            raise ValueError(f"{speaker} has {len(neutral)} neutral clips; two are needed.")
        total = heard.features[neutral].astype(float).sum(0)
        out[own] = heard.features[own] - total / len(neutral)
        out[neutral] = heard.features[neutral] - (total - heard.features[neutral]) / (len(neutral) - 1)
    return out


class SecondJudge:
    """Names the feeling of clips from how they differ from their speaker's neutral ones."""

    def __init__(self, relative: np.ndarray, labels: np.ndarray) -> None:
        from sklearn.linear_model import LogisticRegression

        self._scale = relative.std(0) + 1e-9
        self._model = LogisticRegression(C=STRENGTH_C, class_weight="balanced", max_iter=1000)
        self._model.fit(self._scaled(relative), labels)

    def _scaled(self, relative: np.ndarray) -> np.ndarray:
        return np.clip(relative / self._scale, -CLIP, CLIP)  # one odd feature must not outvote the rest

    def probabilities(self, relative: np.ndarray) -> np.ndarray:
        """Over `LABELS`, (n, 7)."""
        out = np.zeros((len(relative), len(LABELS)))
        out[:, self._model.classes_] = self._model.predict_proba(self._scaled(relative))
        return out


def emodb_heard(data: Path, work: Path) -> list[Heard]:
    """EmoDB at each of `RATES`, the true one first; features are kept in `work`."""
    from scipy.signal import resample_poly

    work.mkdir(parents=True, exist_ok=True)
    kept = work / f"second_judge-{code_hash([Path(acoustic_features.__file__)])}.npz"
    clips = emodb_clips(data / "speech_emotion" / "emodb")
    if not clips and not kept.exists():
        raise SystemExit(f"There are no clips of EmoDB under {data}.")
    if not kept.exists():
        rows = []
        for clip in clips:
            samples = clip.audio().samples
            speeds = [samples if rate == 1 else resample_poly(samples, 1000, round(1000 * rate)) for rate in RATES]
            rows.append([voice_features(Audio(s.astype(np.float32), RATE_HZ)) for s in speeds])
        np.savez(kept, features=np.array(rows), names=np.array([clip.name for clip in clips]))
    with np.load(kept) as found:
        names, features = found["names"], found["features"]
    speakers = np.array([actor_of(name) for name in names])
    labels = np.array([label_of(name) for name in names])
    return [Heard(features[:, i], speakers, labels) for i in range(len(RATES))]


def train_second_judge(corpora: Sequence[Heard], without: str = "") -> SecondJudge:
    """The judge from all speeds of all speakers but one."""
    rows = [(relative_to_neutral(c)[c.speakers != without], c.labels[c.speakers != without]) for c in corpora]
    return SecondJudge(np.concatenate([x for x, _ in rows]), np.concatenate([y for _, y in rows]))


def leave_one_speaker_out(corpora: Sequence[Heard]) -> np.ndarray:
    """What a judge that never heard its speaker calls each clip of the first corpus, (n,)."""
    plain = corpora[0]
    relative, found = relative_to_neutral(plain), np.zeros(len(plain.labels), int)
    for speaker in np.unique(plain.speakers):
        own = plain.speakers == speaker
        found[own] = train_second_judge(corpora, speaker).probabilities(relative[own]).argmax(1)
    return found


def main() -> None:
    from rich.console import Console

    parser = options_of(__doc__, data=True, work="keeps features and results")
    args = parser.parse_args()
    corpora = emodb_heard(args.data, args.work)
    truth, found = corpora[0].labels, leave_one_speaker_out(corpora)
    title = f"EmoDB, each actor by a judge that never heard them: UAR {unweighted_recall(truth, found):.3f}"
    confusion_grid(title, LABELS, truth, found, "acted \\ heard").show(Console())


if __name__ == "__main__":
    main()
