"""What a service repeats of a request: some do that in their errors, and a request carries secrets. Pure."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from enroller.model import Secret

SHORTEST_SECRET = 6
"""Characters; what is shorter is a word that a sentence may hold by itself."""

_ESCAPE = re.compile(r"%(?:25)*[0-9A-Fa-f]{2}")


def without(said: str, hidden: Iterable[Secret]) -> str:
    """`said` without any of the secrets: as they are, or as URLs, forms, JSON, HTML and base64 spell them."""
    for secret in hidden:
        for spelling in sorted({*_spellings(secret.reveal())}, key=len, reverse=True):
            if len(spelling) >= SHORTEST_SECRET:
                said = said.replace(spelling, "…")
    return said


def _spellings(secret: str) -> Iterator[str]:
    data = secret.encode(errors="surrogatepass")
    yield from (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], html.escape(secret))
    every = "".join(f"%{byte:02X}" for byte in data)
    for escaped in (quote(data), quote(data, safe=""), quote_plus(data), every):
        for spelling in (escaped, escaped.replace("%", "%25")):
            yield spelling
            yield _ESCAPE.sub(lambda found: found[0].lower(), spelling)
    for before in range(3):
        yield from _in_base64(data, before)


def _in_base64(data: bytes, before: int) -> Iterator[str]:
    """What `data` becomes in base64 that has `before` bytes in front of it: the characters that nothing else decides.

    Each character holds six bits (RFC 4648, section 4).
    """
    text = base64.b64encode(bytes(before) + data).decode("ascii")
    sure = text[-(-8 * before // 6) : 8 * (before + len(data)) // 6]
    yield from (sure, sure.translate({ord("+"): "-", ord("/"): "_"}))
