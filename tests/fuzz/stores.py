"""Data folders that somebody has meddled with, and what the vault must make of them."""

import contextlib
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from enroller import errors
from enroller.cli.main import main
from enroller.model import Enrollment, Protection
from enroller.vault import Unlock, Vault, files, record
from tests.fakes import an_enrollment, enrolled, waiting
from tests.fuzz.hostile import broken, written
from tests.fuzz.shown import check_drawn, check_shown
from tests.vault.conftest import MemoryKeyStore

KEYED, PLAIN = "aaaa1111", "bbbb2222"
"""Two enrollments: the key store opens one, and nothing is needed for the other."""

FILES = ("sealed.json", "sealed.json.1", "enrollment.json", "enrollment.json.1")
NAMES = (*FILES, "sealed.json.new", "reserve", "lock")

REFUSALS = {"a link", "a link to a folder", "a link to nothing", "a folder", "newer"}
"""What is done on purpose, or by a newer Enroller: it may be refused, and is left as it is then."""


@dataclass(frozen=True)
class Store:
    """A data folder with two generations of each enrollment, which nobody has touched yet."""

    files: dict[Path, bytes]
    keys: MemoryKeyStore
    generations: dict[str, tuple[Enrollment, Enrollment]]


@cache
def template() -> Store:
    """Made once; each example has a copy of it."""
    keys = MemoryKeyStore()
    generations = {}
    with TemporaryDirectory() as name:
        folder = Path(name) / "data"
        vault = Vault(folder, key_store=keys)
        for id_, protection in ((KEYED, Protection.KEYRING), (PLAIN, Protection.FILE)):
            asked = replace(an_enrollment().asked, protection=protection)
            with vault.create(waiting(id=id_, asked=asked), Unlock()) as opened:
                before = opened.save(waiting(id=id_, asked=asked))
                generations[id_] = (opened.save(enrolled(id=id_, asked=asked)), before)
        found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Store(found, keys, generations)


Deed = Callable[[Path], None]
"""What is done to a file."""


def _content(change: Callable[[bytes], bytes]) -> Deed:
    def do(path: Path) -> None:
        path.write_bytes(change(path.read_bytes() if path.exists() else b"{}"))

    return do


def _flip(bit: int) -> Deed:
    def change(content: bytes) -> bytes:
        at = bit // 8 % max(1, len(content))
        return content[:at] + bytes([(content or b"\0")[at] ^ 1 << bit % 8]) + content[at + 1 :]

    return _content(change)


def _replaced(make: Callable[[Path], object]) -> Deed:
    def do(path: Path) -> None:
        path.unlink(missing_ok=True)
        make(path)

    return do


def _huge(path: Path) -> None:
    path.write_bytes(b"{}")
    os.truncate(path, 1 << 24)


def _outside(path: Path) -> Path:
    return path.parents[3] / "outside"


_ELSEWHERE: dict[str, Deed] = {
    "a link": _replaced(lambda path: path.symlink_to(_outside(path) / "a file")),
    "a link to a folder": _replaced(lambda path: path.symlink_to(_outside(path))),
    "a link to nothing": _replaced(lambda path: path.symlink_to(_outside(path) / "nothing")),
}
_ODD: dict[str, Deed] = {
    "a pipe": _replaced(os.mkfifo),
    "a folder": _replaced(Path.mkdir),
    "huge": _huge,
    "gone": lambda path: path.unlink(missing_ok=True),
    "empty": _content(lambda _: b""),
    "zeros": _content(lambda content: bytes(len(content))),
    "newer": _content(lambda content: content.replace(b'"schema":', b'"schema":9', 1)),
}


def _other(path: Path) -> Path:
    return path.parents[1] / (PLAIN if path.parent.name == KEYED else KEYED) / path.name


def _of_the_other(path: Path) -> None:
    if _other(path).is_file():
        path.unlink(missing_ok=True)
        shutil.copyfile(_other(path), path)


@st.composite
def deeds(draw: st.DrawFn) -> tuple[str, Deed]:
    """One thing that is done to one file: its kind, and how."""
    kind = draw(st.sampled_from([*_ODD, *_ELSEWHERE, "flipped", "cut", "random", "of the other", "meddled with"]))
    match kind:
        case "flipped":
            return kind, _flip(draw(st.integers(0, 40_000)))
        case "cut":
            length = draw(st.integers(0, 3000))
            return kind, _content(lambda content: content[:length])
        case "random":
            garbage = draw(st.binary(max_size=200))
            return kind, _content(lambda _: garbage)
        case "of the other":
            return kind, _of_the_other
        case "meddled with":
            return kind, _meddled(draw(st.data()))
        case _:
            return kind, {**_ODD, **_ELSEWHERE}[kind]


def _meddled(data: st.DataObject) -> Deed:
    """A member is of another type, or another's; sometimes with the sum that belongs to it."""

    def change(content: bytes) -> bytes:
        try:
            body = json.loads(content)
        except ValueError:
            return content
        inner = body.get("record") if isinstance(body, dict) else None
        if not isinstance(inner, dict):
            return written(data.draw(broken(body))).encode()
        text = written(data.draw(broken(inner)))
        with contextlib.suppress(ValueError, RecursionError):
            plain = record.canonical(json.loads(text))
            header = {name: value for name, value in body.items() if name not in ("record", "sha256")}
            body["sha256"] = hashlib.sha256(record.canonical(header) + plain).hexdigest()
        return json.dumps({**body, "record": 0}).replace('"record": 0', f'"record": {text}').encode()

    return _content(change)


meddling = st.lists(st.tuples(st.sampled_from([KEYED, PLAIN]), st.sampled_from(NAMES), deeds()), min_size=1, max_size=3)


def judge(done: list[tuple[str, str, tuple[str, Deed]]], removed: str) -> str:
    """Lists, opens, saves and removes what somebody has meddled with. Returns what became of it."""
    store = template()
    with TemporaryDirectory() as name:
        folder = Path(name)
        outside = folder / "outside"
        outside.mkdir()
        (outside / "a file").write_bytes(b"{}")
        for place, content in store.files.items():
            (folder / "data" / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / "data" / place).write_bytes(content)
        for id_, file, (_, deed) in done:
            path = folder / "data" / "enrollments" / id_ / file
            if (path.is_file() or not path.exists()) and not path.is_symlink():
                deed(path)
        keys = MemoryKeyStore()
        keys.entries = dict(store.keys.entries)
        ended = _judged(folder / "data", keys, done, removed)
        assert (outside / "a file").read_bytes() == b"{}"
        assert [each.name for each in outside.iterdir()] == ["a file"]
        return ended


def _judged(folder: Path, keys: MemoryKeyStore, done: list[tuple[str, str, tuple[str, Deed]]], removed: str) -> str:
    vault = Vault(folder, key_store=keys)
    for summary in vault.list():
        check_shown(summary.problem or "")
    _check_commands(folder)
    good = {id_: _good_generations(folder, id_) for id_ in (KEYED, PLAIN)}
    opened = {id_: _open(vault, id_, [(file, kind) for one, file, (kind, _) in done if one == id_], good[id_])
              for id_ in (KEYED, PLAIN)}  # fmt: skip
    try:
        vault.remove(removed)
    except errors.EnrollerError as error:
        check_shown(f"{error.message}\n{error.advice}")
    other = PLAIN if removed == KEYED else KEYED
    in_the_way = any(kind == "a folder" for id_, _, (kind, _) in done if id_ == other)
    if opened[other] == "opened" and not in_the_way:
        vault.open(other, Unlock()).close()
    return f"{opened[KEYED]}, {opened[PLAIN]}"


def _good_generations(folder: Path, id_: str) -> dict[Path, bytes]:
    """The sealed files of an enrollment that are as they were."""
    places = [Path("enrollments") / id_ / name for name in FILES[:2]]
    originals = [template().files[place] for place in places]
    paths = [folder / place for place in places]
    plain = [path for path in paths if path.is_file() and not path.is_symlink() and path.stat().st_size < files.LIMIT]
    return {path: content for path in plain if (content := path.read_bytes()) in originals}


def _open(vault: Vault, id_: str, done: list[tuple[str, str]], good: dict[Path, bytes]) -> str:
    """Opens and saves; what is wrong must be one of our errors, and no good generation may be lost or go unused."""
    known = template().generations[id_]
    found = _tried(vault, id_)
    if isinstance(found, errors.EnrollerError):
        refused = isinstance(found, errors.TooNew) or any(kind in REFUSALS or file == "lock" for file, kind in done)
        assert refused or not good, f"{found!r}, and there is a good generation"
        assert all(path.read_bytes() == content for path, content in good.items()), "a good generation was touched"
        return type(found).__name__
    if id_ == KEYED or not any(kind == "meddled with" for _, kind in done):
        assert found in known
    with contextlib.suppress(errors.StorageError):  # a folder may stand where a file belongs
        with vault.open(id_, Unlock()) as opened:
            saved = opened.save(found)
        with vault.open(id_, Unlock()) as opened:
            assert opened.enrollment == saved
    return "opened"


def _tried(vault: Vault, id_: str) -> Enrollment | errors.EnrollerError:
    """What an opening gives, or what it ends with."""
    try:
        with vault.open(id_, Unlock()) as opened:
            check_shown("\n".join(opened.notes))
            return opened.enrollment
    except errors.EnrollerError as error:
        check_shown(f"{error.message}\n{error.advice}")
        return error


def _check_commands(folder: Path) -> None:
    """What `list` and `show` print is harmless, whatever stands in the files that they read."""
    for words in (["list"], ["list", "--json"], ["show", KEYED], ["show", PLAIN]):
        terminal = io.StringIO()
        with contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
            status = main(["--data-dir", str(folder), *words])
        assert status in (0, 2, 8), f"{words}: {status}\n{terminal.getvalue()}"
        for line in terminal.getvalue().splitlines():
            check_drawn(line)
