"""Server addresses, as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller.address import canonical, has_port, host_of, is_loopback, websocket
from enroller.errors import InputError


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("acme.example", "https://acme.example"),
        ("  acme.example/  ", "https://acme.example"),
        ("ACME.Example:7400", "https://acme.example:7400"),
        ("https://acme.example:7400/oauth/v1", "https://acme.example:7400"),
        ("https://acme.example:7400/oauth/v1/register?x=1#y", "https://acme.example:7400"),
        ("HTTPS://acme.example:443/", "https://acme.example"),
        ("//acme.example", "https://acme.example"),
        ("<https://acme.example>", "https://acme.example"),
        ('"acme.example"', "https://acme.example"),
        ("acme.example.", "https://acme.example"),
        ("acme.example:", "https://acme.example"),
        ("printer_1.acme.example", "https://printer_1.acme.example"),
        ("gateway", "https://gateway"),
        ("192.0.2.7:7400", "https://192.0.2.7:7400"),
        ("[2001:DB8::1]:7400", "https://[2001:db8::1]:7400"),
        ("[::1]", "https://[::1]"),
        ("münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://127.0.0.1:7400", "http://127.0.0.1:7400"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_taken(typed: str, expected: str) -> None:
    assert canonical(typed) == expected


NOT_ADDRESSES = pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "https:///oauth",
        "acme example",
        "acme.example:99999",
        "acme.example:0",
        "acme.example:74oo",
        "acme..example",
        "-acme.example",
        "acme-.example",
        "acme.example:7400:7400",
        "2001:db8::1",
        "[2001:db8::zz]",
        "[::1",
        "300.1.2.3",
        "127.1",
        "x" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "ftp://acme.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:password@acme.example",
        "https://acme.example@evil.example",
        "https://acme.example\\@evil.example",
        "acme.example\x00.evil.example",
        "acme.example\u202e",
        "acme%2eexample",
    ],
)

STRANGERS = pytest.mark.parametrize(
    "host", ["acme.example", "192.0.2.7", "localhost.evil.example", "127.0.0.1.evil.example"]
)


@NOT_ADDRESSES
def test_refused_with_the_field_named(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        canonical(typed)
    assert refused.value.field == "server"
    assert refused.value.message
    assert refused.value.advice


@STRANGERS
def test_plain_http_is_for_loopback_only(host: str) -> None:
    with pytest.raises(InputError, match="Plain http would show what is secret") as refused:
        canonical(f"http://{host}")
    assert refused.value.advice == "Use https://."


class TestWebsocket:
    """Taken as a server's address is, for wss instead of https."""

    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("cab.example:8083", "wss://cab.example:8083"),
            ("wss://cab.example:8083", "wss://cab.example:8083"),
            ("WSS://CAB.Example:443/socket?x=1#y", "wss://cab.example"),
            ("https://cab.example:8083/", "wss://cab.example:8083"),
            ("//cab.example", "wss://cab.example"),
            ("[2001:DB8::1]:8083", "wss://[2001:db8::1]:8083"),
            ("ws://127.0.0.1:8083", "ws://127.0.0.1:8083"),
            ("http://localhost:80", "ws://localhost"),
            ("ws://[::1]:443", "ws://[::1]:443"),
        ],
    )
    def test_taken(self, typed: str, expected: str) -> None:
        assert websocket(typed) == expected
        assert websocket(expected) == expected

    @NOT_ADDRESSES
    def test_refused_with_the_field_named(self, typed: str) -> None:
        with pytest.raises(InputError) as refused:
            websocket(typed)
        assert refused.value.field == "websocket_url"

    @STRANGERS
    @pytest.mark.parametrize("scheme", ["ws", "http"])
    def test_what_is_not_encrypted_is_for_loopback_only(self, scheme: str, host: str) -> None:
        with pytest.raises(InputError, match=f"Plain {scheme} would show what is secret") as refused:
            websocket(f"{scheme}://{host}")
        assert refused.value.advice == "Use wss://."

    def test_says_how_it_starts(self) -> None:
        with pytest.raises(InputError, match="starts with wss://, not with ftp://"):
            websocket("ftp://cab.example")

    def test_is_no_servers_address(self) -> None:
        with pytest.raises(InputError, match="starts with https://, not with wss://"):
            canonical("wss://cab.example")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", "x.localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


def test_parts_of_a_canonical_address() -> None:
    assert host_of("https://[2001:db8::1]:7400") == "2001:db8::1"
    assert (has_port("https://acme.example"), has_port("https://acme.example:7400")) == (False, True)


@given(st.text(max_size=80))
def test_any_text_is_taken_or_refused_and_what_is_taken_is_taken_again(typed: str) -> None:
    try:
        address = canonical(typed)
    except InputError:
        return
    assert canonical(address) == address
    assert address.isascii()
    assert address.startswith(("https://", "http://"))


labels = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)


@given(
    hosts,
    st.integers(1, 65535),
    st.sampled_from(["", "https://", "HTTPS://"]),
    st.sampled_from(["", "/", "/oauth/v1", "/a?b=c#d"]),
    st.sampled_from(["", " ", "\t"]),
)
def test_scheme_path_case_and_spaces_make_no_difference(
    host: str, port: int, scheme: str, path: str, space: str
) -> None:
    shown = "" if port == 443 else f":{port}"
    assert canonical(f"{space}{scheme}{host.upper()}:{port}{path}{space}") == f"https://{host}{shown}"
