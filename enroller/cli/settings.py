"""`enroller settings`: what an administrator has decided for this device, and where each value comes from."""

import json
import sys

from enroller import settings
from enroller.cli.context import Context
from enroller.errors import InputError
from enroller.settings import Setting, Source
from enroller.text import plain

_FROM = {
    Source.POLICY: "policy",
    Source.FILE: "settings file",
    Source.INSTALLATION: "installation",
    Source.USER: "installation, for this user",
    Source.DEFAULT: "default",
}
"""Each source in a person's words."""


def show_or_set(ctx: Context) -> int:
    """Prints every setting, or an example; or keeps, or drops, what an installer was told.

    Raises BadSettings where none hold, InputError and NotWritable.
    """
    options = ctx.options
    if options.set or options.clear:
        from enroller.settings import installation

        machine = not options.user
        if options.set:
            installation.tell(dict(map(_pair, options.set)), machine=machine, afresh=options.clear)
        else:
            installation.forget(machine=machine)
        return 0
    if options.user:
        raise InputError("--user goes with --set or --clear.", field="user", advice="See `enroller settings --help`.")
    if options.example:
        from enroller.settings.example import commented

        print(commented(), end="")
        return 0
    given = settings.current()
    given.require()
    for note in given.notes:
        print(note, file=sys.stderr)
    if ctx.options.json:
        print(json.dumps({"settings": [_document(setting) for setting in given.all()]}))
        return 0
    for setting in given.all():
        print(f"{setting.name:<12} {_value(setting):<34} {_origin(setting)}")
    return 0


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {plain(name, 40)} has no value.", field="set", advice="Give it as NAME=VALUE.")
    return name.strip(), value.strip()


def _value(setting: Setting) -> str:
    value = setting.value
    if value is None or value == ():
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(", ".join(value) if isinstance(value, list | tuple) else str(value))


def _origin(setting: Setting) -> str:
    if setting.source is Source.DEFAULT:
        return _FROM[Source.DEFAULT]
    return f"{_FROM[setting.source]}{' (locked)' if setting.locked else ''}: {plain(setting.where)}"


def _document(setting: Setting) -> dict[str, object]:
    """For `--json`."""
    value = list(setting.value) if isinstance(setting.value, tuple) else setting.value
    where = setting.where or None
    return {
        "name": setting.name,
        "value": value,
        "source": setting.source.value,
        "where": where,
        "locked": setting.locked,
    }
