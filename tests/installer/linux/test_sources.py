"""Where this machine gets Debian's packages from."""

from pathlib import Path

from installer.linux.proof.sources import Source, here, mirror, read

STANZAS = """\
Types: deb deb-src
# a comment
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://archive.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: https://vendor.example/node_20.x
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
"""
LINES = """\
# deb http://commented.example/debian sid main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://archive.example/debian bookworm main contrib
deb http://archive.example/debian-security bookworm-security main
deb-src http://archive.example/debian sid main
"""


def test_stanzas_are_read() -> None:
    assert read("debian.sources", STANZAS) == [
        Source("http://archive.example/debian", ("bookworm", "bookworm-updates")),
        Source("http://archive.example/debian-security", ("bookworm-security",)),
        Source("https://vendor.example/node_20.x", ("nodistro",)),
    ]


def test_lines_are_read() -> None:
    assert read("sources.list", LINES) == [
        Source("http://archive.example/debian", ("bookworm",)),
        Source("http://archive.example/debian-security", ("bookworm-security",)),
    ]


def test_all_files_of_the_folder_count(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d/two.sources").write_text("Types: deb\nURIs: http://two.example/debian\nSuites: sid\n")
    assert [source.address for source in here(tmp_path)] == ["http://one.example/debian", "http://two.example/debian"]


def test_the_archive_of_the_machine_s_own_suite_has_the_others_too() -> None:
    found = read("debian.sources", STANZAS)
    assert mirror(found, "bookworm") == mirror(found, "trixie") == "http://archive.example/debian"


def test_where_nothing_names_debian_there_is_none() -> None:
    assert mirror([Source("https://vendor.example/x", ("nodistro",))], "trixie") is None
    assert mirror([], "bookworm") is None
