"""What the packages tell the system of themselves."""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer import product
from installer.linux import deb, rpm, stage

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = product.read(ROOT)
LINUX = Path(deb.__file__).parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, data in {"usr/lib/x/a": b"a" * 1025, "usr/share/b": b"", f"{deb.CONTROL}/control": b"c" * 9000}.items():
        stage.replace(root / name, data)
    (root / "usr/bin").mkdir()
    (root / "usr/bin/x").symlink_to("../lib/x/a")
    return root


def test_the_control_file_tells_each_field_once_and_no_line_is_too_long() -> None:
    told = deb.described(PRODUCT, "amd64", "libc6 (>= 2.35)", 111)
    fields = [line.partition(":")[0] for line in told.splitlines() if not line.startswith(" ")]
    assert len(fields) == len(set(fields))
    assert "Depends: libc6 (>= 2.35)\n" in told
    assert f"Version: {PRODUCT.version}\n" in told
    description = told.partition("Description: ")[2].splitlines()
    assert all(line.startswith(" ") and len(line) <= 80 for line in description[1:])
    assert description.count(" .") == len(PRODUCT.long_description) - 1


def test_the_size_is_counted_as_dpkg_does(tree: Path) -> None:
    # A file of 1025 bytes takes two; an empty file none; a link and five folders one each.
    assert deb.size(tree) == 2 + 0 + 1 + 5


def test_the_sums_are_of_files_alone_by_their_places(tree: Path) -> None:
    (tree / "usr/lib/x/a").write_bytes(b"abc")
    assert deb.sums(tree) == (  # RFC 1321, A.5
        "900150983cd24fb0d6963f7d28e17f72  usr/lib/x/a\nd41d8cd98f00b204e9800998ecf8427e  usr/share/b\n"
    )


def test_the_specification_asks_for_no_library_that_comes_along() -> None:
    history = "* Mon Sep 21 2026 Kim\n- New.\n"
    told = rpm.specification(PRODUCT, ["libffi.so.8"], Path("/tree"), ["/usr/bin/x"], history)
    assert "%global __requires_exclude ^(libffi\\\\.so\\\\.8|libpython|" in told
    assert f"Version: {PRODUCT.version}\n" in told
    assert told.endswith("%changelog\n* Mon Sep 21 2026 Kim\n- New.\n")


def test_the_list_of_files_owns_what_nobody_else_may_have_made(tree: Path) -> None:
    stage.replace(tree / "usr/share/doc/x/copyright", b"")
    stage.replace(tree / "usr/share/man/man1/x.1.gz", b"")
    stage.replace(tree / "usr/share/fish/vendor_completions.d/x.fish", b"")
    shutil.rmtree(tree / deb.CONTROL)
    assert rpm.listed(tree, "x") == [
        *("/usr/lib/x", "%doc /usr/share/doc/x", "/usr/bin/x", "/usr/share/b", "%dir /usr/share/fish"),
        *("%dir /usr/share/fish/vendor_completions.d", "/usr/share/fish/vendor_completions.d/x.fish"),
        "/usr/share/man/man1/x.1.gz",
    ]


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_rights_and_times_are_the_same_whatever_the_umask_was(tree: Path) -> None:
    program = tree / "usr/lib/x/a"
    program.chmod(0o700)
    (tree / "usr/share/b").chmod(0o600)
    stage.settle(tree, 1_790_000_000)
    assert program.stat().st_mode & 0o777 == 0o755
    assert (tree / "usr/share/b").stat().st_mode & 0o777 == 0o644
    assert {file.lstat().st_mtime for file in (tree, *tree.rglob("*"))} == {1_790_000_000}


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_what_is_replaced_in_a_copy_stays_in_the_tree(tree: Path, tmp_path: Path) -> None:
    stage.copy(tree, tmp_path / "copy")
    stage.replace(tmp_path / "copy/usr/share/b", b"new")
    assert (tree / "usr/share/b").read_bytes() == b""
    assert (tmp_path / "copy/usr/bin/x").is_symlink()


def test_compressed_texts_tell_no_time() -> None:
    assert stage.compressed("x") == stage.compressed("x")
    assert gzip.decompress(stage.compressed("x")) == b"x"
    assert stage.compressed("x")[4:8] == b"\0\0\0\0"  # MTIME: RFC 1952, section 2.3.1


def test_what_runs_first_gives_others_their_own_libraries_back() -> None:
    ask = f"import os, runpy; runpy.run_path({str(LINUX / 'first.py')!r}); print(os.environ.get('LD_LIBRARY_PATH'))"

    def told(**given: str) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith("LD_")} | given
        return subprocess.run([sys.executable, "-c", ask], env=env, capture_output=True, text=True, check=True).stdout

    assert told() == "None\n"
    assert told(LD_LIBRARY_PATH="/ours") == "None\n"
    assert told(LD_LIBRARY_PATH="/ours:/theirs", LD_LIBRARY_PATH_ORIG="/theirs") == "/theirs\n"
