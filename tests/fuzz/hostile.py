"""Answers that mean harm: good ones that were broken in some way, and wild ones. Strategies for Hypothesis."""

import gzip
import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

from enroller.model import Response
from tests.fuzz.situations import SECRETS, Situation, spellings

LARGEST = 256 * 1024
"""Bytes that `http` lets through."""

_FRAGMENTS = (
    "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\r\n", "\x00", "\x7f", "\b\b", "\u202e", "\u2066", "\u2069", "\u200b",
    "\u200d", "\ufeff", "\u2028", "\u00ad", "\u034f", "\u115f", "\u3164", "\ufe0f", "\U000e0041", "\U000e0101",
    "\ud800", "\udc80", "\ue000", "\uffff", "<b>", "<img src=x>", "&amp;", "%s%n", "{0}", "access_denied",
    "invalid_grant", "ë̈́",
    "北京", "🙂", "../../etc/passwd", "'; --", '"', "\\", " ", ".", "A" * 5000,
)  # fmt: skip

fragments = st.sampled_from(_FRAGMENTS)
echoes = st.sampled_from(sorted({form for secret in SECRETS for form in spellings(secret)}))
texts = st.lists(fragments | echoes | st.text(max_size=12), max_size=5).map("".join)

DATES = (
    "2027-01-15T08:00:00Z", "2027-01-15T08:00:00.5+00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    "2027-01-15T08:00:00", "2027-01-15", "20270115T080000Z", "2027-W02-5T08:00:00Z",
    "2027-01-15T08:00:00.000000000001Z",
    "2027-13-45T99:99:99Z", "2027-01-15 08:00:01Z", "1970-01-01T00:00:00Z", "2126-12-31T00:00:00Z", "\ud8002027",
    "2027-01-15T08:00:00+24:00", "２０２７-01-15T08:00:00Z", "",
)  # fmt: skip
"""Points in time as members have them, possible and not."""

HTTP_DATES = (
    "Fri, 15 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 2027 08:00:30 GMT", "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:59 GMT", "1-Jan- 0:0:0 +0000",
    "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 15 Jan 2027 08:00:00 -0000", "Fri, 15 Jan 2027 08:00:00 +9999999999999",
    "Fri, 15 Jan 99999999999999999999 08:00:00 GMT", "Sun,", ",", "now", "0", "-1", "1e9", "999999999999999999999",
    "9" * 5000, "Thu, 15 Jan 2037 08:00:00 GMT", "Fri, 15 Jan 2027 08:00:00 +9959", "3", "١٢",
)  # fmt: skip
"""Values of `Date` and `Retry-After` (RFC 9110, sections 6.6.1 and 10.2.3), possible and not."""


class Raw(str):
    """Stands in the document as it is: what no JSON writer would write."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object in which a name can stand twice."""


_NUMBERS = ("1e999", "-1e999", "NaN", "Infinity", "-0", "0", "-1", "1", "1e-320", "0.0000001", "1e308", "3600", "1e9",
            "9" * 300, "9" * 4300, "9" * 5000, "-" + "9" * 5000, "0x10", "01", "1.", "2147483648", "1e400000", "4e9",
            "0.5", "3155760000", "65536", "5671.0", "true", "null")  # fmt: skip

numbers = st.sampled_from(_NUMBERS).map(Raw)
deep = st.sampled_from([1, 50, 300, 900, 950, 970, 980, 985, 990, 995, 100_000]).flatmap(
    lambda depth: st.sampled_from([("[", "]"), ('{"a":', "}"), ('[{"error":', "}]")]).map(
        lambda marks: Raw(marks[0] * depth + "1" + marks[1] * depth)
    )
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), numbers, texts, st.sampled_from(DATES), st.text(max_size=30)
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars | deep,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
many = st.builds(
    lambda value, times: [value] * times, st.sampled_from([{}, {"id": 7}, 0, "x"]), st.sampled_from([50, 20_000])
)
members = ("error", "error_description", "message", "errors", "state", "interval", "expires_in", "token_type", "body",
           "command_status", "commandId", "deviceIdentifier", "deviceName", "id", "status", "approved", "createdAt",
           "expiresAt", "authorizationToken", "publicKey", "rabbit-port", "refresh_token")  # fmt: skip
oauth_codes = st.sampled_from(
    ("access_denied", "expired_token", "invalid_client", "invalid_grant", "invalid_request", "slow_down",
     "authorization_pending", "server_error", "")
)  # fmt: skip
refusals = st.fixed_dictionaries(
    {"error": oauth_codes | texts},
    optional={"error_description": texts | values, "interval": scalars, "message": texts, "errors": values},
)


def written(value: Any) -> str:
    """JSON text of what the strategies make."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        value = Members(value.items())
    if isinstance(value, Members):
        return "{" + ",".join(f"{json.dumps(name)}:{written(inner)}" for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


@st.composite
def broken(draw: st.DrawFn, value: Any) -> Any:
    """A good value with one thing wrong somewhere in it."""
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        inner = value[name]
        match draw(st.sampled_from(["replace", "inside", "remove", "twice", "rename", "add", "wrap"])):
            case "replace":
                return {**value, name: draw(values)}
            case "inside":
                return {**value, name: draw(broken(inner))}
            case "remove":
                return {each: of for each, of in value.items() if each != name}
            case "twice":
                return Members([*value.items(), (name, draw(values))])
            case "rename":
                return {draw(texts) if each == name else each: of for each, of in value.items()}
            case "add":
                return {**value, draw(st.sampled_from(members)): draw(values)}
            case _:
                return [value]
    if isinstance(value, list) and value:
        match draw(st.sampled_from(["replace", "inside", "append", "repeat"])):
            case "replace":
                return [draw(values), *value[1:]]
            case "inside":
                return [draw(broken(value[0])), *value[1:]]
            case "append":
                return [*value, draw(broken(value[0]) | values)]
            case _:
                return value * draw(st.sampled_from([2, 1500]))
    return draw(values | many)


_CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7", "cp500")


@st.composite
def bodies(draw: st.DrawFn, good: bytes) -> bytes:
    """Mostly JSON, in some encoding, and sometimes not whole."""
    text = written(draw(draw(st.sampled_from((broken(json.loads(good)), refusals, values, many)))))
    body = text.encode(draw(st.sampled_from(_CODECS)) if draw(st.integers(0, 4)) == 0 else "utf-8", "replace")
    match draw(st.integers(0, 19)):
        case 0:
            body = body[: draw(st.integers(0, len(body)))]
        case 1:
            body = draw(st.binary(max_size=6)) + body
        case 2:
            body += draw(st.binary(min_size=1, max_size=6))
        case 3:
            body = body.replace(b'"', draw(st.sampled_from([b"'", b"\x00", b"", b"\xff", b'"\xed\xa0\x80'])), 3)
        case 4:
            body = gzip.compress(body, 1)
        case 5:
            body = draw(st.binary(max_size=300))
        case 6:
            body = b""
        case 7:
            body = draw(st.sampled_from([b"<", b"  <!doctype html>", b"\xef\xbb\xbf<html>"])) + body
        case _:
            pass
    return body[:LARGEST]


_KINDS = ("application/json", "application/json; charset=utf-16", "text/html", "text/plain; charset=ebcdic", "",
          "application/xhtml+xml;q=1", "TEXT/HTML", "application/json\x00", "a" * 9000, ";",
          "text/html\u202e")  # fmt: skip
_PLACES = ("https://stranger.example/x", "//[", "http://[::1", "http://\u2100.com", "javascript:alert(1)", "\x1b[2J",
           "", "https://" + "a" * 9000, "https://evil\u202e.example/", "https://host:99999999/", "///", "https://é\x80/",
           "https://user:pass@x/", "?", "https://%41%00/")  # fmt: skip
_odd_texts = st.text(st.characters(max_codepoint=255), max_size=40)
places = st.sampled_from(_PLACES) | _odd_texts
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(_KINDS),
        "location": places,
        "retry-after": st.sampled_from(HTTP_DATES) | _odd_texts,
        "date": st.sampled_from(HTTP_DATES) | _odd_texts,
        "content-length": st.sampled_from(["0", "-1", "00", "9" * 400, "x", ""]),
        "content-encoding": st.sampled_from(["gzip", "br", "x"]),
        "www-authenticate": _odd_texts,
        "proxy-authenticate": _odd_texts,
        "x-dpt-cab-id": st.sampled_from(["command-1", "", "9" * 9000, "../..", "\x1b[2J", "..", "é"]) | _odd_texts,
        "x-filler": st.just("f" * 60_000),
    },
)
statuses = st.sampled_from((200, 200, 200, 201, 202, 204, 400, 401, 403, 404, 405, 409, 422)) | st.sampled_from(
    (100, 101, 206, 300, 302, 304, 307, 407, 408, 410, 418, 429, 451, 500, 502, 503, 511, 599, 0, 999)
)


@st.composite
def answers(draw: st.DrawFn, situation: Situation) -> Response:
    """A hostile answer to the situation's request: the honest one with a flaw, a refusal, or something wild."""
    good = situation.good
    with_headers = {**good.headers, **(draw(headers) if draw(st.booleans()) else {})}
    match draw(
        st.sampled_from(["flaw", "flaw", "flaw", "refusal", "refusal", "echo", "elsewhere", "busy", "wild", "wild"])
    ):
        case "flaw":
            return Response(good.status, with_headers, written(draw(broken(json.loads(good.body)))).encode()[:LARGEST])
        case "refusal":
            status = draw(st.sampled_from((400, 400, 400, 401, 403, 409, 422, 200, 500)))
            said = draw(draw(st.sampled_from((refusals, refusals, texts, values))))
            return Response(status, with_headers, written(said).encode()[:LARGEST])
        case "echo":
            said = f"You sent {draw(st.sampled_from(_echoes_of(situation)))}, and that is wrong."
            body = json.dumps({"error": "invalid_request", "error_description": said, "message": said})
            return Response(400, good.headers, body.encode())
        case "elsewhere":
            return Response(draw(st.sampled_from((302, 307))), {"location": draw(places)}, b"")
        case "busy":
            asked = {"retry-after": draw(st.sampled_from(HTTP_DATES)), "date": draw(st.sampled_from(HTTP_DATES))}
            body = written({"error": draw(st.sampled_from(("slow_down", "x"))), "interval": draw(scalars)})
            return Response(draw(st.sampled_from((400, 429, 503))), {**good.headers, **asked}, body.encode())
        case _:
            return Response(draw(statuses), with_headers, draw(bodies(good.body)))


@cache
def _echoes_of(situation: Situation) -> list[str]:
    """All spellings of the secrets that the situation's request carries."""
    return sorted({form for secret in situation.carried() for form in spellings(secret)}) or ["nothing"]


_PUSHED = {"data": {"type": "X-DPT-CAB-ID", "id": "command-1", "command_status": 2, "body": "done"}, "status": 200}
pushes = bodies(json.dumps(_PUSHED).encode())
"""What may come over the channel; it begins with the outcome of a command."""
