"""Secrets that somebody gives us."""

from pathlib import Path

import pytest

from enroller import secret_text
from enroller.errors import InputError


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"key", "key"),
        (b"key\n", "key"),
        (b"key\r\n", "key"),
        (b"\xef\xbb\xbfkey\r\n", "key"),
        (b" key with spaces ", " key with spaces "),
        ("schlüssel\n".encode(), "schlüssel"),
    ],
)
def test_one_line_end_is_dropped_and_nothing_else(content: bytes, text: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert secret_text.from_file(str(tmp_path / "secret"), "api_key", "API key").reveal() == text


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"  \n", b"two\nlines\n", b"key\n\n", b"a\0b", b"\xff\xfe", b"x" * (secret_text.LARGEST + 1)],
)
def test_what_cannot_be_one_is_refused_and_never_repeated(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(InputError, match="API key") as refused:
        secret_text.from_file(str(tmp_path / "secret"), "api_key", "API key")
    assert refused.value.field == "api_key"
    assert "two" not in refused.value.message


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        secret_text.from_file(str(tmp_path / name), "api_key", "API key")
