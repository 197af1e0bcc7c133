"""The one door out: all files of a clip are staged in a hidden folder beside it and put in place together.

This is the only module of the product that gives a file its final name. A file system renames one file at a time, so
the order decides what a killed process leaves. Older files beside the clip go aside first, then the new clip takes the
place of the older one, then come the new files beside it, the report last: at every moment what lies beside a clip was
made with it, and a report says that its set is whole. Older files stay in the hidden folder until then; an error puts
them back, and after a kill they are found there.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from checkpoints.errors import BadInput, MienError

PREFIX = ".mien-"
_ASIDE = ".before"  # where older files wait, in the hidden folder
_REPORT = ".report.json"


class Publication:
    """All files of one clip, or sound, from the first byte to their final names; use it as a context manager.

        with Publication(Path("out/clip.mp4")) as files:
            render_into(files.path())
            write_json(files.path(".report.json"), report)
            files.publish()

    Left without `publish()`, by an error or a cancel too, nothing remains: neither the hidden folder, nor folders made
    for it, and what lay at the target before is as it was.
    """

    def __init__(self, out: str | Path, sign: Callable[[Path], None] | None = None):
        """Prepare for `out`, the file that is asked for; nothing is made before the context is entered.

        Args:
            out: Final path of the main file, for example `out/clip.mp4`.
            sign: Called with the staged folder, whole and under final names, before anything is put in place. It may
                change files and add some; an error of its own stops the publication.
        """
        self._out = Path(out).absolute()
        self._sign = sign
        self._staged = [self._out.name]
        self._made_folders: list[Path] = []
        self._older_files_wait = False

    def __enter__(self) -> Publication:
        """Make the hidden folder.

        Raises:
            BadInput: The folder cannot be made or written, or the target is a folder or write-protected.
        """
        check_replaceable(self._out)
        self._made_folders = _make_folders(self._out.parent)
        try:
            self._folder = Path(tempfile.mkdtemp(dir=self._out.parent, prefix=PREFIX))
        except OSError as error:
            self._remove_made_folders()
            raise BadInput(f"Nothing can be written to {self._out.parent}: {error.strerror}.") from None
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._older_files_wait:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._remove_made_folders()
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BadInput(f"{self._out} cannot be written: the disk is full.") from error

    def path(self, suffix: str | None = None) -> Path:
        """Where to write a file now; it has its final name already, in the hidden folder.

        Args:
            suffix: The ending in place of the main file's, such as ".report.json"; None for the main file.

        Raises:
            BadInput: The final path is a folder or write-protected.
        """
        final = self._out
        if suffix is not None and suffix.lower() != self._out.suffix.lower():
            final = self._out.with_suffix(suffix)
        check_replaceable(final)
        self._staged.append(final.name)
        return self._folder / final.name

    def publish(self) -> None:
        """Let `sign` see the staged files, then put all of them in place; call it once, when all are written.

        Raises:
            BadInput: A file cannot be put in place; everything is as it was before.
            MienError: The main file, or another whose path was handed out, was not written.
        """
        if self._sign is not None:
            self._sign(self._folder)
        absent = next((name for name in self._staged if not (self._folder / name).is_file()), None)
        if absent is not None:
            raise MienError(f"{absent} was never written.")
        try:
            self._put_in_place()
        except OSError as error:
            raise BadInput(f"{self._out} cannot be put in place: {error.strerror}.") from error
        self._made_folders = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put_in_place(self) -> None:
        main, *beside = sorted((file for file in self._folder.iterdir() if file.is_file()), key=self._rank)
        aside = self._folder / _ASIDE
        aside.mkdir()
        self._older_files_wait = True
        moves: list[tuple[Path, Path]] = []  # each noted before it is made, so that a cancel in between is undone too
        try:
            for file in reversed(beside):
                _set_aside(self._final(file), aside / file.name, moves)
            _keep_aside(self._final(main), aside / main.name, moves)
            for file in (main, *beside):
                moves.append((file, self._final(file)))
                file.replace(self._final(file))
        except BaseException:
            _undo(moves)
            self._older_files_wait = any(aside.iterdir())
            raise
        self._older_files_wait = False

    def _rank(self, staged: Path) -> tuple[bool, bool, str]:
        """Sorts the main file to the front and the report to the end."""
        return staged.name != self._out.name, staged.name.endswith(_REPORT), staged.name

    def _final(self, staged: Path) -> Path:
        return self._out.with_name(staged.name)

    def _remove_made_folders(self) -> None:
        for folder in self._made_folders:
            with suppress(OSError):  # somebody else put something there: it stays
                folder.rmdir()


def check_replaceable(path: Path) -> None:
    """Raise `BadInput` where a file must not or cannot be replaced; a link is replaced, not what it points to."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder where a file is to be written; name another file.")
        if path.is_file() and not path.is_symlink() and not path.stat().st_mode & 0o222:
            raise BadInput(f"{path} is write-protected; name another file, or allow writing to it.")
    except OSError as error:
        raise BadInput(f"Nothing can be written to {path.parent}: {error.strerror}.") from None


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and its parents; return those that were not there before, innermost first."""
    made = [f for f in (folder, *folder.parents) if not f.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"Nothing can be written to {folder}: {error.strerror}.") from None
    return made


def _set_aside(older: Path, aside: Path, moves: list[tuple[Path, Path]]) -> None:
    """Move an older file away, where there is one."""
    moves.append((older, aside))
    with suppress(FileNotFoundError):
        older.rename(aside)


def _keep_aside(older: Path, aside: Path, moves: list[tuple[Path, Path]]) -> None:
    """Keep an older file by a second name, so that there is always one at its place; moved where that cannot be."""
    moves.append((older, aside))
    try:
        os.link(older, aside, follow_symlinks=False)
    except FileNotFoundError:
        return
    except (OSError, NotImplementedError):  # a file system without hard links
        _set_aside(older, aside, moves)


def _undo(moves: list[tuple[Path, Path]]) -> None:
    """Move everything back, the last first; what cannot be moved back stays where it is."""
    for source, target in reversed(moves):
        with suppress(OSError):
            target.replace(source)
            target.unlink(missing_ok=True)  # of two names of one file, the system leaves both
