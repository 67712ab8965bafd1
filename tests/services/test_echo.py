"""A service may repeat what it was sent: no spelling of a secret may come through."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller.model import Secret
from enroller.services.echo import without

SECRET = 'kéy/with+"odd" & signs%'
DATA = SECRET.encode()

SPELLINGS = [
    SECRET,
    quote(SECRET),
    quote(SECRET, safe=""),
    quote(SECRET, safe="").replace("%C3%A9", "%c3%a9").replace("%2F", "%2f").replace("%2B", "%2b"),
    quote_plus(SECRET),
    quote_plus(SECRET).replace("%", "%25"),
    json.dumps(SECRET)[1:-1],
    json.dumps(SECRET, ensure_ascii=False)[1:-1],
    html.escape(SECRET),
    "".join(f"%{byte:02x}" for byte in DATA),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_is_hidden(spelling: str) -> None:
    said = without(f"you sent {spelling}, which is wrong", [Secret(SECRET)])
    assert "signs" not in said
    assert said.startswith("you sent …")
    assert said.endswith(", which is wrong")


@given(st.binary(max_size=9), st.binary(max_size=9), st.booleans())
def test_base64_hides_it_whatever_stands_around(before: bytes, after: bytes, in_urls: bool) -> None:
    encode = base64.urlsafe_b64encode if in_urls else base64.b64encode
    said = encode(before + DATA + after).decode()
    assert "…" in without(said, [Secret(SECRET)])
    assert len(without(said, [Secret(SECRET)])) < len(said) - len(DATA)


def test_a_short_word_is_left_in_its_sentence() -> None:
    assert without("the key is wrong", [Secret("key")]) == "the key is wrong"
