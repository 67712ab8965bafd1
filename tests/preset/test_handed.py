"""What a desktop or a command line hands over."""

from pathlib import Path

import pytest

from enroller import preset
from enroller.errors import InputError

SAID = 'server = "acme.example"\nca_file = "root.pem"'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A preset file whose name needs care in an address."""
    path = tmp_path / "Empfang 100% neu.enroll"
    path.write_text(SAID)
    return path


def test_a_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    handed = preset.taken(file.name)
    assert handed == preset.Handed(SAID, str(file))
    assert handed.preset().asked.ca_file == str(file.parent / "root.pem")


def test_the_address_of_a_file(file: Path) -> None:
    assert preset.taken(file.as_uri()) == preset.Handed(SAID, str(file))
    assert preset.taken(file.as_uri().replace("file:///", "FILE://localhost/")).path == str(file)


def test_a_link(file: Path) -> None:
    handed = preset.taken("enroller://preset?server=acme.example")
    assert handed.path == ""
    assert handed.preset().asked.server == "acme.example"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("/nowhere/x.enroll", "The preset /nowhere/x.enroll cannot be used: No such file or directory."),
        ("file:///nowhere/x.enroll", "The preset /nowhere/x.enroll cannot be used: No such file or directory."),
        ("file://server/share/x.enroll", "The preset lies on another computer."),
    ],
)
def test_what_is_not_there(word: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        preset.taken(word)
    assert said in refused.value.message


def test_a_bad_link_is_told_when_it_is_read() -> None:
    with pytest.raises(InputError, match="may not say “ca_file”"):
        preset.taken("enroller://preset?ca_file=/etc/passwd").preset()


@pytest.mark.parametrize("word", ["file://[x", "file:///tmp/%00", "/nowhere/x.enroll", ""])
def test_what_is_no_preset_is_told(word: str) -> None:
    with pytest.raises(InputError):
        preset.taken(word)
