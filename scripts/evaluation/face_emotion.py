"""What the product's own face reader says of faces that the product rendered: a check of the reader, not of people.

    python -m scripts.evaluation.face_emotion                         # the demo's portrait
    python -m scripts.evaluation.face_emotion --portrait a.jpg b.jpg  # others instead of it, one table each

One neutral sentence is rendered in neutral and in seven feelings at two strengths, with a voice, and every clip is read
from its own pixels. These faces are SYNTHETIC and our own: renderer and reader know the same FACS prototypes, and the
reader's constants were chosen with such clips in view. The accuracy printed here therefore says that strong feelings
survive rendering and speech, and which of them look alike. It says nothing of how well real people are read: most of
them show less, mixed, or something else than they feel.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checkpoints.errors import MienError
from emotion_embed import taxonomy
from emotion_embed.readers.face import read_expression, read_face
from emotion_embed.state import Evidence
from scripts.command_line import options_of
from scripts.evaluation.results import publish
from studio.studio import Studio

TEXT = "The train leaves from the other platform, and it will be here in about ten minutes."
STRENGTHS = (0.5, 1.0)
LEAST_GROWTH = -0.02  # of the intensity from half to full strength: a reading that is full already may stand still
SAID = """`scripts.evaluation.face_emotion`: one neutral sentence with a voice, read by `emotion_embed.readers.face`
from the pixels. **The faces are synthetic and our own**; renderer and reader share their FACS prototypes, so this is a
check of the reader and no measure of how well people are read. Half-strength feelings that read as neutral are meant
to: weak evidence is to be no wrong answer. Fear and surprise share brows and eyes and part only by stretched lips and
lip corners; brows raised by somebody whose lids do not open turn fear into sadness; contempt rests on one lip corner
alone; disgust without a visibly lifted lip looks like anger (AU 9 cannot be seen with these eyes)."""


@dataclass(frozen=True)
class Reading:
    """One clip: its `portrait`, the feeling asked for with its strength 0..1 (0 for neutral), and what was seen."""

    portrait: str
    asked: str
    strength: float
    seen: Evidence

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Feelings with their shares, likeliest first."""
        return sorted(self.seen.distribution.items(), key=lambda item: -item[1])

    @property
    def right(self) -> bool:
        """Whether the likeliest feeling is the one asked for."""
        return self.ranked[0][0] == self.asked


def readings(studio: Studio, portrait: str | None, folder: Path, args: argparse.Namespace) -> Iterator[Reading]:
    """Every feeling and strength on one portrait, rendered and read."""
    name = Path(portrait).stem if portrait else "the demo's"
    for asked in taxonomy.BASIC:
        for strength in (0.0,) if asked == "neutral" else STRENGTHS:
            out = folder / f"{name.replace(' ', '-')}-{asked}-{strength:g}.mp4"
            emotion = None if asked == "neutral" else f"{asked}:{strength}"
            studio.speak(args.text, portrait=portrait, emotion=emotion, voice=args.voice, out=out, seed=args.seed)
            yield Reading(name, asked, strength, read_expression(read_face(out)))


def table(rows: list[Reading]) -> str:
    """A Markdown table of one portrait's readings, a line for each feeling."""
    head = "| asked | seen at 0.5 | right | seen at 1 | right | intensity | grows |"
    lines = [head, "|" + " --- |" * 7]
    for asked in taxonomy.BASIC:
        mine = [row for row in rows if row.asked == asked]
        half, full = (mine[0], mine[-1]) if len(mine) > 1 else (None, mine[0])
        cells = [asked, *(_seen(half) if half else ("", "")), *_seen(full)]
        if half:
            before, after = half.seen.intensity, full.seen.intensity
            cells += [f"{before:.2f} → {after:.2f}", "yes" if after - before >= LEAST_GROWTH else "NO"]
        else:
            cells += [f"{full.seen.intensity:.2f}", ""]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _seen(row: Reading) -> tuple[str, str]:
    top = ", ".join(f"{name} {share:.2f}" for name, share in row.ranked[:3])
    return top, "yes" if row.right else "NO"


def summary(rows: list[Reading]) -> str:
    """Accuracy over feelings and portraits, and what was taken for what."""
    share = lambda some: f"{sum(row.right for row in some)} of {len(some)}"  # noqa: E731
    full = [row for row in rows if row.strength != STRENGTHS[0]]
    half = [row for row in rows if row.strength == STRENGTHS[0]]
    said = f"Right: {share(full)} at full strength (neutral among them), {share(half)} at half; chance is 1 in 8."
    mistaken = Counter((row.asked, row.ranked[0][0]) for row in rows if not row.right)
    if mistaken:
        said += " Taken for another: " + _listed(mistaken) + "."
    wrong = [row.ranked[0][1] for row in rows if not row.right and row.ranked[0][0] != "neutral"]
    if wrong:
        said += f" The surest wrong feeling had a share of {max(wrong):.2f}."
    return said


def _listed(mistaken: Counter[tuple[str, str]]) -> str:
    return ", ".join(f"{asked} for {seen} {n}×" for (asked, seen), n in mistaken.most_common())


def report(rows: Iterable[Reading]) -> str:
    """All of it as Markdown."""
    rows = list(rows)
    parts = [SAID]
    for name in dict.fromkeys(row.portrait for row in rows):
        parts += [f"Portrait: {name}.", table([row for row in rows if row.portrait == name])]
    n_portraits = len({row.portrait for row in rows})
    return "\n\n".join([*parts, f"{n_portraits} portrait{'s' * (n_portraits > 1)}. {summary(rows)}"])


def main() -> int:
    parser = options_of(__doc__, write=True)
    parser.add_argument("--portrait", nargs="+", default=[None], help="photos (default: the demo's)")
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder that keeps the clips")
    args = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = args.keep or Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            studio = Studio()
            rows = [row for portrait in args.portrait for row in readings(studio, portrait, folder, args)]
    except MienError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    text = report(rows)
    publish("face-emotion", "Feelings read from a face", text, args.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
