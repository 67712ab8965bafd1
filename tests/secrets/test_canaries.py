"""The search itself: a form that it does not find would be a hole in every test that relies on it."""

import base64
import json
import urllib.parse
from collections.abc import Callable

import pytest

from tests.secrets.canaries import Canaries, forms

SECRET = "kanari/+ä&\"7 'x\\=ß~"

WAYS: dict[str, Callable[[str], str | bytes]] = {
    "plain": lambda text: text,
    "in a URL": urllib.parse.quote,
    "in a form": lambda text: urllib.parse.urlencode({"password": text}),
    "in a form, lower-case digits": lambda text: urllib.parse.quote_plus(text).replace("%C3%A4", "%c3%a4").lower(),
    "as JavaScript has it in a URL": lambda text: urllib.parse.quote(text, safe="-_.!~*'()"),
    "JSON": json.dumps,
    "JSON, not only ASCII": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "traceback of a dict": lambda text: repr({"api_key": text}),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_is_found(way: str) -> None:
    canaries = Canaries()
    canaries.add("the key", SECRET)
    written = WAYS[way](SECRET)
    content = written.encode() if isinstance(written, str) else written
    assert canaries.found_in(b"before " + content + b" after") == ["the key"], content


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode], ids=["standard", "for URLs"])
def test_a_secret_is_found_in_something_larger_that_was_encoded(
    before: int, after: int, encode: Callable[[bytes], bytes]
) -> None:
    canaries = Canaries()
    canaries.add("the key", SECRET)
    assert canaries.found_in(encode(b"x" * before + SECRET.encode() + b"y" * after)) == ["the key"]


def test_bytes_are_found_as_text_that_holds_them() -> None:
    canaries = Canaries()
    canaries.add("the key", bytes(range(100, 132)))
    for content in (base64.b64encode(b"ab" + bytes(range(100, 132)) + b"c"), bytes(range(100, 132)).hex().encode()):
        assert canaries.found_in(content) == ["the key"]


def test_nothing_is_found_where_nothing_is() -> None:
    canaries = Canaries()
    canaries.add("the key", SECRET)
    assert canaries.found_in(b"kanari and other words, YWJjZGVmZ2hpamtsbW5vcA==, 6b616e617269") == []
    assert canaries.searched == 1


def test_there_are_many_forms_and_none_is_short() -> None:
    assert len(forms(SECRET.encode())) >= 30
    assert min(map(len, forms(SECRET.encode()))) >= 12
