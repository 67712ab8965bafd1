"""What a managed description says of one machine: `{hostname}` and `{serial}` filled in."""

import re


def filled(pattern: str, *, hostname: str, serial: str) -> str:
    """The description that a pattern means here. What is not known is left out, with empty brackets around it."""
    text = pattern.replace("{hostname}", hostname).replace("{serial}", serial)
    text = re.sub(r"\(\s*\)|\[\s*\]", "", text)
    return " ".join(text.split()).strip(" -–/,;:")
