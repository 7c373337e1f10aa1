"""Opens what was delivered: plain files, gzip and zip, by their first bytes and within limits.

Knows: containers and how they break. Must not know: what the bytes inside mean. Names of zip entries are labels,
never paths.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from isal import isal_zlib

from ingestion.formats.unbrotli import Unbrotli, is_brotli
from ingestion.spec import Bad, Reject, printable

CHUNK = 1 << 20
MAX_ENTRIES = 100_000
MAX_UNPACKED = 256 * 1024**3
MAX_RATIO = 250
RATIO_FROM = 64 * 1024**2  # a ratio is judged only once this much came out

_HTML = re.compile(rb"^\s*(<!doctype html|<html|<head|<body)", re.I)
_MARKUP = re.compile(rb"\s*<[!?/A-Za-z]")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_KNOWN = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"SQLite format 3", "a SQLite database"),
)


class Budget:
    """Counts what comes out of a container and stops it at the limits."""

    def __init__(self, compressed: int) -> None:
        self.compressed = max(compressed, 1)
        self.unpacked = 0

    def spend(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > MAX_UNPACKED:
            raise Reject("ZIP_LIMIT", f"more than {MAX_UNPACKED // 1024**3} GiB came out of it")
        if self.unpacked > RATIO_FROM and self.unpacked > MAX_RATIO * self.compressed:
            raise Reject("ZIP_LIMIT", f"it unpacks to more than {MAX_RATIO} times its size")


@dataclass
class Member:
    """One stream of content: the file itself, or an entry of the zip."""

    name: str
    stream: IO[bytes]


@dataclass
class Container:
    """A delivered file; `members()` may be walked once, `bad_entries` is complete from the start."""

    path: Path
    kind: str  # plain | gzip | zip
    size: int
    name: str = ""  # as delivered; only brotli is told by it
    bad_entries: list[Bad] = field(default_factory=list)
    content: int = 0  # the bytes inside, as the container itself says; nothing may rely on it
    _names: list[str] = field(default_factory=list)
    _position: Callable[[], int] = lambda: 0

    @property
    def done(self) -> int:
        """How many bytes of the file have been read, for people who wait."""
        return min(self._position(), self.size)

    def members(self) -> Iterator[Member]:
        """The members in order of their names; reading raises Reject when one is damaged."""
        budget = Budget(self.size)
        if self.kind != "zip":
            with open(self.path, "rb") as handle:
                self._position = handle.tell
                yield Member("", _opened(handle, budget, "the file", self.name))
                self._position = lambda: self.size
            return
        with zipfile.ZipFile(self.path) as archive:
            packed = 0
            for name in self._names:
                packed += archive.getinfo(name).compress_size
                self._position = lambda done=packed: done  # type: ignore[misc]
                with archive.open(name) as entry:
                    yield Member(name, _opened(entry, budget, printable(name), name, nested=True))


def open_container(path: Path, name: str = "") -> Container:
    """Checks the container as a whole; raises Reject when nothing of it may be read. `name` is the delivered one."""
    check_regular(path)
    with open(path, "rb") as handle:
        head = handle.read(512)
    size = path.stat().st_size
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _zip(path, size)
    if head.startswith(b"\x1f\x8b"):
        return Container(path, "gzip", size, content=_told_by_gzip(path))
    if not is_brotli(name, head):
        refuse_foreign(head, "the file")
        _refuse_false_ending(name, head)
    return Container(path, "plain", size, name=name, content=size)


def _told_by_gzip(path: Path) -> int:
    """The size that the last member of a gzip file tells of itself."""
    with open(path, "rb") as handle:
        handle.seek(-min(4, os.fstat(handle.fileno()).st_size), os.SEEK_END)
        return int.from_bytes(handle.read(), "little")


def check_regular(path: Path) -> None:
    """Refuses anything but a readable regular file without opening it."""
    info = os.lstat(path)
    if not os.access(path, os.R_OK) and not stat.S_ISLNK(info.st_mode):
        raise Reject("INCOMPLETE_FILE", _denied(path, info))
    if not stat.S_ISREG(info.st_mode):
        kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a pipe", stat.S_IFDIR: "a folder"}
        what = kinds.get(stat.S_IFMT(info.st_mode), "a device or socket")
        raise Reject("NOT_A_REGULAR_FILE", f"this is {what}; deliver the file itself")


def _denied(path: Path, info: os.stat_result) -> str:
    wanted = "0550" if stat.S_ISDIR(info.st_mode) else "0440"
    mode = f"{stat.S_IMODE(info.st_mode):04o}"
    return (
        f"permission denied: {printable(os.fsdecode(path))} is owned by {_user(info.st_uid)} with mode {mode}; "
        f"this process runs as {_user(os.geteuid())} and needs mode {wanted} or more"
    )


def _user(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def refuse_foreign(head: bytes, what: str) -> None:
    """Raises TYPE_MISMATCH for content that is clearly of another type."""
    for magic, name in _KNOWN:
        if head.startswith(magic):
            raise Reject("TYPE_MISMATCH", f"{what} is {name}, which is not read")
    text = _start_of_text(head)
    if _HTML.match(text):
        raise Reject(
            "TYPE_MISMATCH", f"{what} is an HTML page, probably a login page; export it again"
        )
    if _MARKUP.match(text):
        raise Reject(
            "TYPE_MISMATCH",
            f"{what} is an XML document, which is not read; export it as CSV or JSON",
        )
    if text is not head or head.startswith(b"PAR1") or len(head) <= 16:
        return
    zeros, half = (head[0::2].count(0), head[1::2].count(0)), len(head) // 2
    if max(zeros) > 0.8 * half and min(zeros) < 0.2 * half:
        raise Reject(
            "TYPE_MISMATCH",
            f"{what} looks like UTF-16 without a byte-order mark; save it as UTF-8",
        )
    if head.count(0) > len(head) // 2:
        raise Reject("TYPE_MISMATCH", f"{what} is binary")


def _refuse_false_ending(name: str, head: bytes) -> None:
    """Raises TYPE_MISMATCH for what is named as packed, is not, and is no text either; a browser may unpack a .gz."""
    ending = Path(name.lower()).suffix
    if ending in (".zip", ".gz") and _NO_TEXT.search(head) and _start_of_text(head) is head:
        raise Reject(
            "TYPE_MISMATCH",
            f"its name ends with {ending}, but it is not packed that way, nor text; download it again",
        )


def _start_of_text(head: bytes) -> bytes:
    """The first bytes as UTF-8, without the mark that tells the encoding."""
    if head.startswith(codecs.BOM_UTF8):
        return head[len(codecs.BOM_UTF8) :]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore").encode("utf-8")
    return head


def _zip(path: Path, size: int) -> Container:
    container = Container(path, "zip", size)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Reject(
            "INCOMPLETE_FILE",
            f"the zip cannot be opened after {size} bytes: {error}; copy or export it again",
        ) from None
    with archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise Reject("ZIP_LIMIT", f"it has more than {MAX_ENTRIES} entries")
        _refuse_office(entries)
        _refuse_overlaps(entries)
        counts: dict[str, int] = {}
        for entry in entries:
            counts[entry.filename] = counts.get(entry.filename, 0) + 1
        good: list[str] = []
        for entry in entries:
            if entry.is_dir():
                continue
            problem = _entry_problem(archive, entry, counts)
            if problem:
                name = printable(entry.filename)
                container.bad_entries.append(Bad(name, None, entry.header_offset, *problem, b""))
            else:
                good.append(entry.filename)
        container._names = sorted(good)
        container.content = sum(archive.getinfo(name).file_size for name in good)
    return container


def _refuse_office(entries: list[zipfile.ZipInfo]) -> None:
    """Office files are zips of XML: nothing in them is opened."""
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names or "content.xml" in names:
        is_book = "content.xml" in names or any(name.startswith("xl/") for name in names)
        what = "a spreadsheet workbook" if is_book else "an Office document"
        raise Reject(
            "TYPE_MISMATCH",
            f"the file is {what}, which is not read; save the sheet as CSV (UTF-8) and deliver that",
        )


def _refuse_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    ranges = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    for (start, size), (following, _) in zip(ranges, ranges[1:], strict=False):
        if start + size > following:
            raise Reject("ZIP_LIMIT", "entries of the zip overlap each other")


def _entry_problem(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, counts: dict[str, int]
) -> tuple[str, str] | None:
    name = entry.filename
    if (
        name.startswith(("/", "\\"))
        or ".." in re.split(r"[\\/]", name)
        or re.match(r"^[A-Za-z]:", name)
        or "\\" in name
    ):
        return "ZIP_PATH", "the entry's name leaves its folder"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "ZIP_SYMLINK", "the entry is a symbolic link"
    if entry.flag_bits & 0x1:
        return "ZIP_ENCRYPTED", "the entry is encrypted; export it without a password"
    if counts[name] > 1:
        return "ZIP_DUP_NAME", "two entries have this name"
    if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise Reject(
            "ZIP_LIMIT", f"entry {printable(name)} unpacks to more than {MAX_RATIO} times its size"
        )
    try:
        budget = Budget(max(entry.compress_size, 1))
        with archive.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                budget.spend(len(chunk))
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        return "ZIP_CRC", f"the entry is damaged: {error}"
    except (NotImplementedError, RuntimeError) as error:
        return "ZIP_ENCRYPTED", f"the entry cannot be unpacked: {error}"
    return None


def _opened(
    handle: IO[bytes], budget: Budget, what: str, name: str, nested: bool = False
) -> IO[bytes]:
    """The decompressed content of a stream that may be gzip, or brotli by its name."""
    buffered = handle if isinstance(handle, io.BufferedReader) else io.BufferedReader(handle)  # type: ignore[type-var]
    head = buffered.peek(512)[:512]
    if head.startswith(b"\x1f\x8b"):
        return _unpacked(_Gunzip(buffered, budget, what), what)
    if nested and head.startswith(b"PK\x03\x04"):
        raise Reject("ZIP_LIMIT", f"{what} is a zip inside a zip")
    if is_brotli(name, head):
        return _unpacked(Unbrotli(buffered, budget.spend, what), what)
    refuse_foreign(head, what)
    return io.BufferedReader(_Counted(buffered, budget), CHUNK)


def _unpacked(raw: io.RawIOBase, what: str) -> IO[bytes]:
    """What came out of a compression, refused where it is of another type."""
    opened = io.BufferedReader(raw, CHUNK)
    head = opened.peek(512)[:512]
    if head.startswith(b"PK\x03\x04"):
        raise Reject(
            "ZIP_LIMIT", f"{what} is a zip inside a compressed file; deliver the zip itself"
        )
    refuse_foreign(head, what)
    return opened


class _Counted(io.RawIOBase):
    def __init__(self, inner: IO[bytes], budget: Budget) -> None:
        self._inner, self._budget = inner, budget

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        data = self._inner.read(len(target))
        target[: len(data)] = data
        self._budget.spend(len(data))
        return len(data)


class _Gunzip(io.RawIOBase):
    """All members of a gzip stream; damage and trailing bytes are a Reject, never the end of the data."""

    def __init__(self, inner: IO[bytes], budget: Budget, what: str) -> None:
        self._inner, self._budget, self._what = inner, budget, what
        self._engine = isal_zlib.decompressobj(wbits=31)
        self._input = b""
        self._offset = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._ended:
            if not self._input:
                self._input = self._inner.read(256 * 1024)
                if not self._input:
                    self._at_end()
                    break
            data = self._decompress(len(target))
            if data:
                target[: len(data)] = data
                self._budget.spend(len(data))
                return len(data)
        return 0

    def _decompress(self, limit: int) -> bytes:
        before = len(self._input)
        try:
            data = self._engine.decompress(self._input, limit)
        except isal_zlib.error as error:  # type: ignore[misc]  # its stub names no class
            raise Reject(
                "GZ_TRUNCATED",
                f"{self._what}: gzip data is damaged near byte {self._offset}: {error}",
            ) from None
        self._input = self._engine.unconsumed_tail
        if self._engine.eof:
            self._input = self._engine.unused_data
            self._offset += before - len(self._input)
            self._next_member()
        else:
            self._offset += before - len(self._input)
        return data

    def _next_member(self) -> None:
        while len(self._input) < 2:
            more = self._inner.read(256 * 1024)
            if not more:
                break
            self._input += more
        if not self._input:
            self._ended = True
        elif self._input.startswith(b"\x1f\x8b"):
            self._engine = isal_zlib.decompressobj(wbits=31)
        else:
            raise Reject(
                "GZ_TRAILING_BYTES",
                f"{self._what}: bytes after the end of the gzip data at byte {self._offset}",
            )

    def _at_end(self) -> None:
        if not self._engine.eof:
            raise Reject(
                "GZ_TRUNCATED",
                f"{self._what}: the gzip data stops at byte {self._offset} before its end; send it again",
            )
        self._ended = True
