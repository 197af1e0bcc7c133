"""`mien train motion`: a motion model that moves as one person does, from their videos."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from checkpoints.errors import BadInput, Missing
from ui.console import Console, show_progress

if TYPE_CHECKING:
    from studio.footage import Seen

train_app = typer.Typer(help="Models of your own.", no_args_is_help=True)
_PACKAGES = ("torch", "diffusers", "onnxscript")  # of the extra `train`; asked for before any video is watched


@train_app.callback()
def train() -> None:
    """Models of your own."""


@train_app.command()
def motion(
    videos: Annotated[Path, typer.Option(help="A folder of one person's talking videos.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the model goes, a folder of your own.")],
    work: Annotated[Path, typer.Option(help="A folder that keeps what a stopped run needs to go on.")],
    what: Annotated[
        Literal["style", "all"], typer.Option(help="How much they move (at once), or all that they do.")
    ] = "all",
    minutes: Annotated[float, typer.Option(min=0.05, help="How long it learns; for --what all.")] = 40.0,
    base: Annotated[Path | None, typer.Option(help="The model to start from; the product's without it.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed learns from the same windows.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Learn how one person moves; use it with --motion diffusion:OUT."""
    _check(out, base)
    from generators.motion.diffusion.training.personal import learn_person
    from studio.footage import look_through, usable

    work.mkdir(parents=True, exist_ok=True)
    with show_progress(quiet) as progress:
        seen = look_through(videos, work, progress)
    _show(seen, quiet)
    footage = usable(seen)
    with show_progress(quiet) as progress:
        style = learn_person(footage, work, out, what=what, minutes=minutes, seed=seed, base=base, progress=progress)
    if not quiet:
        moved = ", ".join(f"{name} {amount:+.2f}" for name, amount in style.items())
        Console().line(f"{out} moves as in {len(footage)} videos ({moved}); use it with --motion diffusion:{out}.")


def _check(out: Path, base: Path | None) -> None:
    """Raise before any work what cannot work."""
    from checkpoints import weights_path

    for package in _PACKAGES:
        if find_spec(package) is None:
            raise Missing(
                f'Training a motion model needs the package {package}; mend it with pip install "mien-studio[train]".'
            )
    if out.resolve() == weights_path("motion_diffusion").resolve():
        raise BadInput(f"{out} is the product's own model, which stays as it is; give --out a folder of your own.")
    if base is not None and not (base / "config.json").is_file():
        raise BadInput(f"There is no motion model in {base}.")


def _show(seen: Sequence[Seen], quiet: bool) -> None:
    """Which videos are of use, and why others are not, on stderr."""
    from generators.motion.diffusion.configuration import FPS

    for one in () if quiet else seen:
        length = f"{len(one.footage.vectors) / FPS:.1f} s" if one.footage else f"no: {one.fault}"
        Console().error(f"{one.path.name}: {length}")
