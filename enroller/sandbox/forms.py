"""Reading urlencoded bodies, for both services."""

import re
from urllib.parse import parse_qsl

LARGEST_BODY = 64 * 1024

MEDIA_TYPE = "application/x-www-form-urlencoded"

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def is_form(content_type: str) -> bool:
    """Whether a Content-Type header's value is that of a form, with whatever parameters."""
    return content_type.partition(";")[0].strip().lower() == MEDIA_TYPE


def parse(body: bytes) -> dict[str, str]:
    """The parameters; those without a value count as omitted. Raises ValueError that says what is wrong."""
    if not body:
        return {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=64
        )
    except ValueError:
        raise ValueError("The body is not a urlencoded form") from None
    if _BAD_ESCAPE.search(body):
        raise ValueError("The body has a % that no two hexadecimal digits follow")
    form = dict(pairs)
    if len(form) != len(pairs):
        raise ValueError("A parameter came more than once")
    return {name: value for name, value in form.items() if value}
