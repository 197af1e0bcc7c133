"""Do the feelings of the synthetic voice reach ears that were not used to find them, and what do they cost?

    python scripts/evaluate_voice.py --work DIR --data ../shared/data              # the whole table, about an hour
    python scripts/evaluate_voice.py --work DIR --data ../shared/data --quick      # two voices, two sentences
    python scripts/evaluate_voice.py --work DIR --data ../shared/data --write      # puts it into docs/RESULTS.md

Six voices say twelve neutral sentences in seven feelings at full strength, and four of them in six feelings at a
quarter, half and three quarters. Neither these voices nor these sentences may be used in a search for manners.
`--without-second-judge` leaves out the judge that no search may see, for whoever is still searching.

`--measure` with some of the `--voices` may run several times at once; the whole table then takes what they kept.
`--work` keeps every clip and what was measured of it; both are made anew when the code or weights behind them change.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]

from emotion_embed import taxonomy
from emotion_embed.readers.speech import load_speech_reader, speech_pieces
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.audio import Audio
from emotion_embed.state import parse_emotion
from generators.contracts import join_speech
from generators.voice.kokoro.pipeline import KokoroVoice
from generators.voice.prosody.style_bank import prosody_for
from scripts import voice_judges as judges
from scripts.evaluation.results import write_section
from studio.quality.metrics import plain_words, word_error_rate

LABELS, NEUTRAL = judges.LABELS, judges.NEUTRAL
FELT = tuple(label for label in LABELS if label != "neutral")
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
VOICES = ("af_heart", "af_nova", "am_eric", "am_liam", "bf_alice", "bm_lewis")
GRADED_SENTENCES = 4  # the strengths between are heard in the first few
EVALUATION_SENTENCES = (
    "The bus to the library leaves at ten past nine.",
    "There are two blue folders on the upper shelf.",
    "He put the ladder back behind the garden shed.",
    "The meeting was moved to the room next door.",
    "My cousin works in a bakery near the station.",
    "They painted the hallway white last autumn.",
    "The recipe needs three eggs and some flour.",
    "Please leave the keys with the man downstairs.",
    "Our train will stop in four small towns today.",
    "The shop on the corner sells paper and pens.",
    "I will be home around half past six.",
    "She wrote the number on the back of an envelope.",
)
# What the own ear is made of: all of it is part of what a measurement is kept under.
_EAR = (
    *("readers/speech", "readers/prosody_features", "signals/whisper_features", "signals/vad", "signals/asr"),
    *("taxonomy", "softmax"),
)


# Speaking and measuring -----------------------------------------------------------------------------------------------


def spoken(kokoro: KokoroVoice, text: str, voice: str, emotion_text: str) -> Audio:
    """A sentence in a voice and a feeling ("joy:0.5"): the one place that knows how a feeling is asked of a voice."""
    prosody = prosody_for(parse_emotion(emotion_text))
    return join_speech(kokoro.stream(text, voice=voice, prosody=prosody)).audio


@dataclass(frozen=True)
class Clip:
    """One clip to be made: the `sentence` is its number."""

    voice: str
    feeling: str
    strength: float
    sentence: int

    @property
    def emotion_text(self) -> str:
        return "neutral" if self.feeling == "neutral" else f"{self.feeling}:{self.strength:g}"

    @property
    def text(self) -> str:
        return EVALUATION_SENTENCES[self.sentence]


class Workshop:
    """Makes clips, measures them, and keeps both."""

    def __init__(self, work: Path, second_judge: bool) -> None:
        self._work = work
        self._second_judge = second_judge
        weights = ROOT / "checkpoints" / "weights"
        voice = ROOT / "generators" / "voice"
        manners = [f for f in (weights / "voice_manner").glob("*") if f.is_file()]
        self._voice_key = judges.code_hash(
            [file for room in ("", "frontend", "prosody", "kokoro") for file in (voice / room).glob("*.py")],
            {str(f.relative_to(weights)): f.read_bytes() for f in manners},
        )
        ear = {f.name: f.read_bytes() for f in (weights / "speech_emotion").glob("*") if f.is_file()}
        sources = [ROOT / "emotion_embed" / f"{name}.py" for name in _EAR]
        own = {f.__name__: inspect.getsource(f).encode() for f in (_by_ear, _for_second_judge, _rest)}
        self._ear_key = judges.code_hash([*sources, Path(judges.__file__)], ear | own)

    @cached_property
    def kokoro(self) -> KokoroVoice:
        return KokoroVoice.from_pretrained()

    def _name(self, clip: Clip) -> str:
        manner = re.sub(r" at 0x[0-9a-f]+", "", repr(prosody_for(parse_emotion(clip.emotion_text))))
        key = hashlib.sha256(f"{self._voice_key} {clip.text} {manner}".encode()).hexdigest()[:16]
        return f"{clip.voice}-{clip.emotion_text.replace(':', '-')}-{key}"

    def sound(self, clip: Clip) -> Audio:
        """The clip, made or found."""
        file = self._work / "clips" / f"{self._name(clip)}.npz"
        if not file.exists():
            audio = spoken(self.kokoro, clip.text, clip.voice, clip.emotion_text)
            samples = np.round(np.clip(audio.samples, -1, 1) * 32767).astype(np.int16)
            _save(file, samples=samples, rate_hz=audio.sample_rate_hz)
        with np.load(file) as found:
            return Audio(found["samples"].astype(np.float32) / 32767, int(found["rate_hz"]))

    def measured(self, clip: Clip, whole: bool) -> dict[str, np.ndarray]:
        """What the project's own ear says of a clip; where `whole`, also everything else."""
        found: dict[str, np.ndarray] = {}
        for what, measure in (("ear", _by_ear), ("second", _for_second_judge), ("rest", _rest)):
            if what != "ear" and (not whole or (what == "second" and not self._second_judge)):
                continue
            file = self._work / "measured" / self._ear_key / f"{self._name(clip)}-{what}.npz"
            if not file.exists():
                _save(file, **measure(self.sound(clip), clip.text))
            with np.load(file) as kept:
                found |= {name: kept[name] for name in kept.files}
        return found


def _save(file: Path, **arrays: object) -> None:
    """Written beside and then moved, so that a run that was stopped leaves no half file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.npz")
    np.savez(part, **arrays)
    part.replace(file)


def _by_ear(audio: Audio, _text: str) -> dict[str, np.ndarray]:
    """As a user hears it: the labels' probabilities (7,) and (valence, arousal) of the ear, and how far each label's
    linear head lies above neutral's, without the flattening that unfamiliar voices get."""
    reader, pieces = load_speech_reader(), speech_pieces(audio)
    evidence = reader.read_pieces(pieces)
    heads = np.zeros(len(LABELS))
    if pieces:
        seconds = np.array([piece.duration_s for piece in pieces])
        votes = reader.votes(np.array([piece.pooled() for piece in pieces])).mean(0)
        heads = seconds / seconds.sum() @ votes
    return {
        "ear": taxonomy.to_labels("emodb", evidence.distribution),
        "ear_va": np.array(evidence.vad_mean[:2]),
        "ear_heads": heads - heads[NEUTRAL],
    }


def _for_second_judge(audio: Audio, _text: str) -> dict[str, np.ndarray]:
    return {"features": judges.voice_features(audio)}


def _rest(audio: Audio, text: str) -> dict[str, np.ndarray]:
    heard = " ".join(word.text for word in transcribe(audio, "en").words)
    n_words = len(plain_words(text, "en"))
    mos = judges.naturalness(audio)
    return {
        "words": np.array([round(word_error_rate(text, heard, "en") * n_words), n_words]),
        "mos": np.array([mos["p808"], mos["ovrl"]]),
        "speaker": judges.load_speaker_encoder().embed(audio),
    }


@dataclass(frozen=True)
class Measured:
    """All that was measured, by voice (v), label (7), sentence (s).

    `ear` (v, 7, s, 7), `ear_va` (v, 7, s, 2), `words` (v, 7, s, 2) wrong and all, `mos` (v, 7, s, 2) P.808 and overall,
    `speaker` (v, 7, s, 256), `features` (v, 7, s, d) or None. By strength `graded` (v, 6, 5, 2, s): the ear's
    probability of the feeling, and its head's distance from neutral.
    """

    voices: tuple[str, ...]
    ear: np.ndarray
    ear_va: np.ndarray
    words: np.ndarray
    mos: np.ndarray
    speaker: np.ndarray
    graded: np.ndarray
    features: np.ndarray | None


def measure_all(workshop: Workshop, voices: Sequence[str], n_sentences: int) -> Measured:
    """Make and measure every clip, or find it."""
    from rich.progress import track

    full = [Clip(v, f, 1.0, s) for v in voices for f in LABELS for s in range(n_sentences)]
    n_graded = min(n_sentences, GRADED_SENTENCES)
    between = [Clip(v, f, x, s) for v in voices for f in FELT for x in STRENGTHS[1:-1] for s in range(n_graded)]
    found = {clip: workshop.measured(clip, True) for clip in track(full, "full strength")}
    found |= {clip: workshop.measured(clip, False) for clip in track(between, "strengths between")}

    def stacked(name: str) -> np.ndarray:
        rows = np.array([found[clip][name] for clip in full])
        return rows.reshape(len(voices), len(LABELS), n_sentences, -1)

    graded = [_graded(found, v, f, x, s) for v in voices for f in FELT for x in STRENGTHS for s in range(n_graded)]
    shape = (len(voices), len(FELT), len(STRENGTHS), n_graded, 2)
    return Measured(
        tuple(voices), *(stacked(name) for name in ("ear", "ear_va", "words", "mos", "speaker")),
        graded=np.moveaxis(np.array(graded).reshape(shape), -1, -2),
        features=stacked("features") if "features" in found[full[0]] else None,
    )  # fmt: skip


def _graded(found: dict[Clip, dict], voice: str, feeling: str, strength: float, sentence: int) -> tuple[float, float]:
    clip = Clip(voice, feeling if strength else "neutral", strength or 1.0, sentence)
    label = LABELS.index(feeling)
    return float(found[clip]["ear"][label]), float(found[clip]["ear_heads"][label])


def second_opinion(measured: Measured, judge: judges.SecondJudge) -> np.ndarray:
    """The second judge's probabilities (v, 7, s, 7)."""
    n_voices, n_labels, n_sentences, _ = measured.features.shape
    labels = np.tile(np.repeat(np.arange(n_labels), n_sentences), n_voices)
    speakers = np.repeat(measured.voices, n_labels * n_sentences)
    clips = judges.Heard(measured.features.reshape(len(labels), -1), speakers, labels)
    return judge.probabilities(judges.relative_to_neutral(clips)).reshape(n_voices, n_labels, n_sentences, -1)


@dataclass(frozen=True)
class Speed:
    """Seconds of computing for one second of speech on two cores, plain and with feelings, and both cores' seconds."""

    plain: float
    felt: float
    felt_core_s: float


def measure_speed(kokoro: KokoroVoice, voice: str, n_sentences: int) -> Speed:
    """Made anew in every run, warm, whatever is kept."""
    if hasattr(os, "sched_setaffinity"):
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(cores)[:2])
    try:
        for feeling in LABELS:
            spoken(kokoro, "One, two, three, four.", voice, feeling)
        plain = _spent(kokoro, voice, ["neutral"], n_sentences)
        felt = _spent(kokoro, voice, FELT, n_sentences)
    finally:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cores)
    return Speed(plain[0], *felt)


def _spent(kokoro: KokoroVoice, voice: str, feelings: Sequence[str], n_sentences: int) -> tuple[float, float]:
    speech_s, from_s, from_core_s = 0.0, time.perf_counter(), time.process_time()
    for feeling in feelings:
        for text in EVALUATION_SENTENCES[:n_sentences]:
            speech_s += spoken(kokoro, text, voice, feeling).duration_s
    return (time.perf_counter() - from_s) / speech_s, (time.process_time() - from_core_s) / speech_s


# Tables ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grid:
    """A table that can be shown and written."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def show(self, console) -> None:
        from rich.table import Table

        table = Table(*self.header, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        lines = [self.header, ("---",) * len(self.header), *self.rows]
        return f"{self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class Order:
    """How many clear pairs stand in the right order of valence and of arousal, and which are most often wrong."""

    valence: float
    arousal: float
    wrong: str


def order_of(va: np.ndarray) -> Order:
    """From (v, 7, s, 2): per voice, the mean over the sentences."""
    means, shares, wrong = va.mean(2), [], []
    for axis, name in enumerate(("valence", "arousal")):
        kept = judges.order_kept(means[..., axis], axis)
        shares.append(float(kept.mean()))
        for (low, high), share in zip(judges.clear_pairs(axis), kept.mean(0), strict=True):
            if share < 0.75:
                wrong.append((share, f"{name} {LABELS[low]} < {LABELS[high]} ({share:.0%})"))
    return Order(*shares, ", ".join(text for _, text in sorted(wrong)) or "none")


def recognised(probabilities: np.ndarray) -> np.ndarray:
    """Whether each clip is called what was asked, (v, 7, s)."""
    return probabilities.argmax(-1) == np.arange(len(LABELS))[None, :, None]


def confusion_grid(title: str, probabilities: np.ndarray) -> Grid:
    truth = np.broadcast_to(np.arange(len(LABELS))[None, :, None], probabilities.shape[:3])
    table = judges.confusion(truth.ravel(), probabilities.argmax(-1).ravel())
    rows = [
        (label, *(str(n) for n in row), f"{row[i] / row.sum():.0%}")
        for i, (label, row) in enumerate(zip(LABELS, table, strict=True))
    ]
    return Grid(title, ("asked \\ heard", *LABELS, "right"), rows)


def word_errors(measured: Measured) -> np.ndarray:
    """Wrong words over all words, (7,), by label."""
    wrong, words = measured.words.sum((0, 2)).T
    return wrong / words


def cosines(measured: Measured) -> np.ndarray:
    """Mean cosine to the plain voice's other sentences, (v, 7)."""
    return np.array([[judges.likeness(own, of_voice[NEUTRAL]) for own in of_voice] for of_voice in measured.speaker])


def likenesses(measured: Measured) -> np.ndarray:
    """Likeness to the plain voice over the plain voice's own between its sentences, (v, 7)."""
    table = cosines(measured)
    return table / table[:, NEUTRAL : NEUTRAL + 1]


def strangers(measured: Measured) -> float | None:
    """The same for other voices of the same sex: what likeness would be if the feeling changed the speaker."""
    ratios = []
    for i, one in enumerate(measured.voices):
        own = judges.likeness(measured.speaker[i, NEUTRAL], measured.speaker[i, NEUTRAL])
        for k, other in enumerate(measured.voices):
            if i != k and one[1] == other[1]:
                ratios.append(judges.likeness(measured.speaker[k, NEUTRAL], measured.speaker[i, NEUTRAL]) / own)
    return float(np.mean(ratios)) if ratios else None


def known_again(measured: Measured) -> tuple[float, float]:
    """How many clips with a feeling, and plain ones, lie nearer to their own plain voice (other sentences) than to any
    other of the voices: likeness alone is lenient, for the voices are alike."""
    right = np.zeros(measured.speaker.shape[:3], bool)
    for sentence in range(right.shape[2]):
        plain = np.delete(measured.speaker[:, NEUTRAL], sentence, axis=1).mean(1)  # (v, 256)
        nearest = (measured.speaker[:, :, sentence] @ plain.T).argmax(-1)
        right[:, :, sentence] = nearest == np.arange(len(plain))[:, None]
    return float(np.delete(right, NEUTRAL, axis=1).mean()), float(right[:, NEUTRAL].mean())


def naturalnesses(measured: Measured) -> np.ndarray:
    """P.808 and overall score over the plain voice's, (7, 2), by label."""
    means = measured.mos.mean((0, 2))
    return means / means[NEUTRAL]


def strength_ranks(measured: Measured) -> np.ndarray:
    """Spearman of asked and heard strength, (v, 6, 2): by the ear's probability, and by its head's distance."""
    means = np.moveaxis(measured.graded.mean(-1), 2, 3)  # (v, 6, 2, 5)
    return np.apply_along_axis(lambda heard: judges.rank_correlation(np.array(STRENGTHS), heard), -1, means)


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
    "`scripts/evaluate_voice.py`: {voices} voices × 7 feelings × {sentences} neutral sentences, neither voices nor "
    "sentences used to find the manners of the voice. The own ear is `emotion_embed.readers.speech` as a user gets it "
    "(the likeliest of its seven labels); the search listened with it, and it was trained on softly labelled clips of "
    "these voices among others. The second judge was never used in a search. It hears features of its own, as the "
    "difference from the same voice's plain clips (a plain clip: from the others), and names EmoDB's actors, each left out, "
    "with UAR {uar}. It is not a stranger to the search, though: that listened with another judge of melody, loudness, "
    "tempo and bands against plain speech, and all three learned from the same eight German actors. GE2E and DNSMOS "
    "were used in the search too, so likeness and naturalness are new only in voices and sentences. No listener was "
    "asked. Order: of {valence} pairs of feelings whose valence in the taxonomy differs by {clearly} or "
    "more, and {arousal} pairs by arousal, how many stand right in a voice's mean over its sentences; what a judge "
    "hears as valence and arousal is the taxonomy's place of each label, weighed by its probability. Words as Whisper "
    "base hears them. Likeness: cosine of GE2E vectors to plain clips of other sentences, over that among the plain "
    "clips. DNSMOS is a network's guess about telephony, a proxy. Heard strength: the own ear's probability of the "
    "feeling, mean over four sentences, at {strengths}; beside it the distance along the linear heads of that ear "
    "from neutral to the feeling, which no confidence flattens."
)


def heading(measured: Measured, uar: float | None) -> str:
    return HEADING.format(
        voices=len(measured.voices), sentences=measured.ear.shape[2], uar="–" if uar is None else f"{uar:.2f}",
        valence=len(judges.clear_pairs(0)), arousal=len(judges.clear_pairs(1)), clearly=judges.CLEARLY,
        strengths=", ".join(f"{x:g}" for x in STRENGTHS),
    )  # fmt: skip


def report(measured: Measured, second: np.ndarray | None, speed: Speed) -> tuple[list[Grid], str]:
    """All tables, and the pairs that most often stand wrong."""
    grids = [aims_grid(measured, second, speed), confusion_grid("Own ear, clips.", measured.ear)]
    if second is not None:
        grids.append(confusion_grid("Second judge, clips.", second))
    grids += [feeling_grid(measured), strength_grid(measured), voice_grid(measured, second)]
    return (
        grids,
        f"Pairs that stand wrong in more than a quarter of the voices, own ear: {order_of(measured.ear_va).wrong}.",
    )


def main() -> None:
    from rich.console import Console

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--voices", default=",".join(VOICES))
    parser.add_argument("--quick", action="store_true", help="the first two voices and sentences")
    parser.add_argument("--without-second-judge", action="store_true", help="for whoever searches for manners")
    parser.add_argument("--write", action="store_true", help="write docs/RESULTS.md")
    parser.add_argument("--measure", action="store_true", help="only make and measure the clips of --voices")
    args = parser.parse_args()
    if args.write and (args.quick or args.without_second_judge):
        parser.error("only the whole table is written")
    voices = args.voices.split(",")[: 2 if args.quick else None]
    n_sentences = 2 if args.quick else len(EVALUATION_SENTENCES)
    workshop = Workshop(args.work, not args.without_second_judge)
    if args.measure:
        measure_all(workshop, voices, n_sentences)
        return
    speed = measure_speed(workshop.kokoro, voices[0], 1 if args.quick else 3)
    measured = measure_all(workshop, voices, n_sentences)
    second, uar = None, None
    if not args.without_second_judge:
        corpora = judges.emodb(args.data, args.work)
        found = judges.leave_one_speaker_out(corpora)
        uar = judges.unweighted_recall(judges.confusion(corpora[0].labels, found))
        second = second_opinion(measured, judges.train_second_judge(corpora))
    grids, wrong = report(measured, second, speed)
    console = Console()
    for grid in grids:
        grid.show(console)
    console.print(wrong)
    if args.write:
        text = "\n\n".join([heading(measured, uar), *(grid.markdown() for grid in grids), wrong])
        write_section("voice", "Feelings of the synthetic voice", text)


if __name__ == "__main__":
    main()
