"""`enroller preset`: makes a preset file ready to be sent: checks it, seals an API key into it, signs it."""

import json
import sys
from pathlib import Path

from enroller import secret_text
from enroller.cli import secret_input
from enroller.cli.context import Context
from enroller.errors import InputError, NotWritable
from enroller.model import Secret, ServiceName
from enroller.preset import seal, signature
from enroller.preset.content import SEALED_API_KEY, Preset, load, parse
from enroller.text import plain

SHORTEST_PASSPHRASE = 12
"""Characters. Whoever has the file can try passphrases without anybody noticing, so it is more than for a login."""


def make(ctx: Context) -> int:
    """Reads FILE, and writes what is to be sent where `--out` says. Raises InputError, NotWritable."""
    options = ctx.options
    path, out = Path(options.file), Path(options.out)
    text = load(path)
    preset = parse(text, path)
    text = signature.without_signature(text)
    if options.api_key_file is not None:
        text = _with_api_key(ctx, text, preset)
    public = None
    if options.signing_key_file is not None:
        text, public = signature.signed(text, _signing_key(options.signing_key_file))
    parse(text, path)  # nothing is written that could not be read
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise NotWritable(f"The preset {plain(str(out))} cannot be written: {error.strerror}.", advice="") from None
    if options.json:
        print(json.dumps({"path": str(out), "public_key": public, "sealed_api_key": options.api_key_file is not None}))
        return 0
    ctx.printer.say(f"The preset is ready: {plain(str(out))}")
    if public is not None:
        ctx.printer.say(f"   It is trusted where the setting preset_keys holds “Your name: {public}”.")
    return 0


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
    kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(f"{SEALED_API_KEY} ="))
    sealed = seal.sealed(credential.secret, passphrase, preset.asked.server)
    return f'{kept}{SEALED_API_KEY} = "{sealed}"\n'


def _signing_key(path: str) -> Secret:
    """A PEM file has lines, which other secrets have not."""
    try:
        data = sys.stdin.buffer.read(secret_text.LARGEST) if path == "-" else Path(path).read_bytes()
        return Secret(data.decode("ascii"))
    except (OSError, UnicodeDecodeError):
        raise InputError(f"The signing key {plain(path)} cannot be read.", field="signing_key") from None
