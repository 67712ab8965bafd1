"""The commented example of `settings.toml`, made from the list of the settings."""

import json
import textwrap

from enroller.settings.names import RULES, Rule

HEAD = """\
# Settings of every Enroller on this device. Lines that begin with # are examples: take the # away to use one.
# `enroller settings` shows what holds and where each value comes from.

# Which of the settings below nobody in front of the device may change: true for all of them, or a list of names.
#locked = ["server", "service"]
"""


def commented() -> str:
    """The file's text: it gives nothing until somebody takes a # away."""
    return HEAD + "".join(f"\n{_words(rule)}\n#{name} = {_value(rule)}\n" for name, rule in RULES.items())


def _words(rule: Rule) -> str:
    choices = f" One of: {', '.join(map(str, rule.choices))}." if len(rule.choices) > 1 else ""
    default = "" if rule.default in (None, ()) else f" Without it: {_shown(rule.default)}."
    return textwrap.fill(rule.what + choices + default, 118, initial_indent="# ", subsequent_indent="# ")


def _shown(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _value(rule: Rule) -> str:
    return json.dumps(rule.example, ensure_ascii=False)
