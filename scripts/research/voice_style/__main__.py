"""Find the manners of a voice: what to change in the plain voice so that a feeling is heard in it.

A response-surface search (Box & Wilson 1951). Each round speaks neutral sentences with random manners around the best
known ones and lets several judges listen at once; a quadratic ridge model of every judge over the 54 parameters then
says where all of them would be content, and the next round looks there:

- the project's own ear (`emotion_embed.readers.speech`), which reads Whisper's states and was trained on actors;
- an acoustic judge: pitch, loudness, tempo, and level and movement of ten bands, each against the same voice's plain
  speech, weighted by logistic regression on EmoDB (whose actors are taken against their own neutral speech);
- the speaker encoder GE2E (Wan et al. 2018, Resemblyzer's weights): the voice must stay the same person;
- DNSMOS (Reddy et al. 2021, speechmos' weights), for naturalness, and a leash on the size of the change;
- Whisper base: the words must still be understood (asked from the fifth round on).

The second judge of `scripts.evaluation.voice`, its sentences and its voices are not used here.

    python -m scripts.research.voice_style design   --work W [--n 400 --seed 1]
    python -m scripts.research.voice_style round    --work W --round 2 [--n 180 --seed 2 --spread 0.4 --feelings fear …]
    python -m scripts.research.voice_style fit      --work W --data ../shared/data [--feelings … --write]
    python -m scripts.research.voice_style validate --work W --data ../shared/data
    python -m scripts.research.voice_style export   --work W

`design` and `round` may run several times at once with other seeds. Needs the extra evaluate, and
`pip install --no-deps resemblyzer`.
"""

from __future__ import annotations

import json
from pathlib import Path

from emotion_embed.readers.speech import LABELS
from scripts.command_line import options_of
from scripts.research.voice_style.choice import export, validate
from scripts.research.voice_style.fitting import fit
from scripts.research.voice_style.rounds import design, next_round
from scripts.research.voice_style.space import SOUGHT


def main() -> None:
    parser = options_of(__doc__, work="a folder that keeps clips and results")
    parser.add_argument("step", choices=("design", "round", "fit", "validate", "export"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--round", type=int, default=2)
    parser.add_argument("--n", type=int, default=180)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", type=float, default=0.4)
    parser.add_argument(
        "--feelings", nargs="+", choices=[LABELS[i] for i in SOUGHT], default=[LABELS[i] for i in SOUGHT]
    )
    parser.add_argument("--leash", type=float, default=0.004)
    parser.add_argument("--least-same", type=float, default=0.77)
    parser.add_argument("--least-natural", type=float, default=0.93)
    parser.add_argument("--write", action="store_true", help="fit: put the learning curves into docs/RESULTS.md")
    parser.add_argument("--scales", type=float, nargs="+", default=[0.8, 1.0, 1.2])
    parser.add_argument("--strengths", type=json.loads, default={}, help='for example {"anger": 1.1}')
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if args.step == "design":
        design(args.work, args.n, args.seed)
    elif args.step == "round":
        next_round(args.work, args.round, args.n, args.seed, args.spread, args.feelings)
    elif args.step == "fit":
        fit(args.work, args.data, args.feelings, args.leash, (args.least_same, args.least_natural), args.write)
    elif args.step == "validate":
        validate(args.work, args.seed, args.n, tuple(args.scales))
    else:
        export(args.work, args.strengths)


if __name__ == "__main__":
    main()
