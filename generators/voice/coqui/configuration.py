"""The settings of the Coqui voices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from generators.voice.frontend.chunks import ChunkSettings, check_range


@dataclass(frozen=True)
class CoquiConfig(ChunkSettings):
    """How text is cut and sound is levelled (see `ChunkSettings`), and what the user has agreed to.

    About 15 tokens, here sounds, are a second; XTTS was trained on 250 letters or so.

    Attributes:
        accept_licence: keys of licences that the user accepts, with commas between, "cpml" for XTTS; None: only those
            in MIEN_ACCEPT_LICENCE.
        models_folder: where `coqui:NAME` is looked for; None: `coqui` in the product's cache.
        seed: any whole number from 0; the models draw at random, and the same seed and text give the same sound.

    Raises:
        BadInput: A value is out of its range, or they contradict each other.
    """

    accept_licence: str | None = None
    models_folder: str | None = None
    seed: int = 0
    first_chunk_tokens: int = 150
    second_chunk_tokens: int = 150
    chunk_tokens: int = 150
    longest_chunk_tokens: int = 210
    most_tokens: ClassVar[int] = 300

    def __post_init__(self) -> None:
        check_range(self, "seed", 0, 2**63 - 1)
        super().__post_init__()

    @property
    def accepted_licences(self) -> tuple[str, ...]:
        """The keys one by one."""
        return tuple((self.accept_licence or "").split(","))
