"""Do the feelings of the synthetic voice reach ears that were not used to find them, and what do they cost?

    python -m scripts.evaluation.voice --work DIR --data ../shared/data              # the whole table, about an hour
    python -m scripts.evaluation.voice --work DIR --data ../shared/data --quick      # two voices, two sentences
    python -m scripts.evaluation.voice --work DIR --data ../shared/data --write      # puts it into docs/RESULTS.md

Six voices say twelve neutral sentences in seven feelings at full strength, and four of them in six feelings at a
quarter, half and three quarters. Neither these voices nor these sentences may be used in a search for manners.
`--without-second-judge` leaves out the judge that no search may see, for whoever is still searching.

`--measure` with some of the `--voices` may run several times at once; the whole table then takes what they kept.
`--work` keeps every clip and what was measured of it; both are made anew when the code or weights behind them change.
"""

from __future__ import annotations

from scripts.command_line import options_of
from scripts.evaluation.metrics import unweighted_recall
from scripts.evaluation.results import write_section
from scripts.evaluation.voice.clips import EVALUATION_SENTENCES, VOICES, Workshop
from scripts.evaluation.voice.measured import measure_all, measure_speed, second_opinion
from scripts.evaluation.voice.report import heading, report
from scripts.evaluation.voice.second_judge import emodb_heard, leave_one_speaker_out, train_second_judge


def main() -> None:
    from rich.console import Console

    parser = options_of(__doc__, data=True, work="keeps features and results", write=True)
    parser.add_argument("--voices", default=",".join(VOICES))
    parser.add_argument("--quick", action="store_true", help="the first two voices and sentences")
    parser.add_argument("--without-second-judge", action="store_true", help="for whoever searches for manners")
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
        corpora = emodb_heard(args.data, args.work)
        found = leave_one_speaker_out(corpora)
        uar = unweighted_recall(corpora[0].labels, found)
        second = second_opinion(measured, train_second_judge(corpora))
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
