"""Small TOML files: where in them something is wrong."""

from pathlib import Path

import pytest

from enroller import toml_file
from enroller.errors import InputError

PATH = Path("/etc/x.toml")


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        toml_file.parse("preset", PATH, text)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = ", "line 2, column 5: invalid value."),
        ("a = 1\nb", "line 2, column 2: expected '=' after a key in a key/value pair."),
        ("a = 1\na = 2", "line 2, column 6: cannot overwrite a value."),
        ('a = """x', "line 1, column 9: unterminated string."),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(text: str, said: str) -> None:
    assert refused(text) == f"The preset /etc/x.toml cannot be used: {said}"


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ('server = "x"', "server", (1, 10)),
        ('# server = 1\n\n  server="x"', "server", (3, 10)),
        ('"server" = "x"', "server", (1, 12)),
        ('a = """\nserver = 1\n"""\nserver = 2', "server", (4, 10)),
        ("server.x = 1", "server", (1, 8)),
        ("a = 1", "server", None),
    ],
)
def test_a_value_is_found_where_it_stands(text: str, name: str, place: tuple[int, int] | None) -> None:
    assert toml_file.place_of(name, text) == place


def test_bytes_that_are_no_text_are_told_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b'a = "1"\nb = "\xff"\n')
    with pytest.raises(InputError, match=r"line 2, column 6: it is not UTF-8 text"):
        toml_file.load("preset", path)


def test_the_mark_that_windows_editor_writes_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert toml_file.load("preset", path) == "a = 1"
