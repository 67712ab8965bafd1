"""`enroller preset`: makes a preset file ready to be sent: checks it, seals an API key into it, signs it."""

import json
import sys
from pathlib import Path

from enroller import secret_text
from enroller.cli import secret_input
from enroller.cli.context import Context
from enroller.errors import InputError
from enroller.model import Secret, ServiceName
from enroller.preset import seal, signature
from enroller.preset.content import CA_SHA256, SEALED_API_KEY, SIGNATURE, Preset, load, parse, sum_of
from enroller.text import plain

SHORTEST_PASSPHRASE = 12
"""Characters. Whoever has the file can try passphrases without anybody noticing, so it is more than for a login."""


def make(ctx: Context) -> int:
    """Reads FILE, and writes what is to be sent where `--out` says. Raises InputError."""
    options = ctx.options
    path, out = Path(options.file), Path(options.out)
    if [options.api_key_file, options.passphrase_file, options.signing_key_file].count("-") > 1:
        raise InputError("Standard input can carry only one secret.", field="signing_key")
    text = _without(load(path), SIGNATURE, CA_SHA256)
    kept_key = _without(text, SEALED_API_KEY) != text
    preset = parse(_without(text, SEALED_API_KEY), path)
    if preset.asked.ca_file is not None:
        text += f'{CA_SHA256} = "{sum_of(preset.asked.ca_file)}"\n'
    if options.api_key_file is not None:
        text = _with_api_key(ctx, text, parse(_without(text, SEALED_API_KEY), path))
    public = None
    if options.signing_key_file is not None:
        text, public = signature.signed(text, _signing_key(options.signing_key_file))
    parse(text, path)  # nothing is written that could not be read
    _write(out, text)
    if options.json:
        has_key = kept_key or options.api_key_file is not None
        print(json.dumps({"path": str(out), "public_key": public, "sealed_api_key": has_key}))
        return 0
    ctx.printer.say(f"The preset is ready: {plain(str(out))}")
    if public is not None:
        ctx.printer.say(f"   It is trusted where the setting preset_keys holds “Your name: {public}”.")
    return 0


def _without(text: str, *names: str) -> str:
    """The text without the lines that we have written there before, ending with a line's end."""
    lines = text.splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith(tuple(f"{name} =" for name in names)))
    return kept if kept.endswith("\n") or not kept else kept + "\n"


def _write(out: Path, text: str) -> None:
    """In one step: it may be the file that it was made from."""
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(out)
    except (OSError, ValueError) as error:
        part.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else "it is no name of a file"
        advice = "Name another place with --out."
        raise InputError(
            f"The preset {plain(str(out))} cannot be written: {why}.", field="out", advice=advice
        ) from None


def _with_api_key(ctx: Context, text: str, preset: Preset) -> str:
    """`text` with the API key sealed for its server, in the place of one that is there."""
    if preset.asked.service is not ServiceName.SAFEQ_CLOUD or not preset.asked.server:
        raise InputError(
            "An API key is sealed for one server of SAFEQ Cloud, and the preset names none.",
            field="server",
            advice="Write the server into the preset first.",
        )
    credential = secret_input.credential(ctx.options, ServiceName.SAFEQ_CLOUD)
    passphrase = secret_input.passphrase(ctx.options, needed=True, new=True)
    if credential is None or passphrase is None:  # both were given, or asked for
        raise InputError("An API key and a passphrase are needed.", field="api_key")
    if len(passphrase.reveal()) < SHORTEST_PASSPHRASE:
        raise InputError(
            f"The passphrase has fewer than {SHORTEST_PASSPHRASE} characters.",
            field="passphrase",
            advice="Whoever gets the file can guess as often as they like. Use a longer one, and tell it another way.",
        )
    sealed = seal.sealed(credential.secret, passphrase, preset.asked.server, preset.ca_sha256)
    return f'{_without(text, SEALED_API_KEY)}{SEALED_API_KEY} = "{sealed}"\n'


def _signing_key(path: str) -> Secret:
    """A PEM file has lines, which other secrets have not."""
    try:
        if path == "-":
            return Secret(sys.stdin.buffer.read(secret_text.LARGEST).decode("ascii"))
        with Path(path).open("rb") as file:
            return Secret(file.read(secret_text.LARGEST).decode("ascii"))
    except (OSError, UnicodeDecodeError):
        raise InputError(f"The signing key {plain(path)} cannot be read.", field="signing_key") from None
