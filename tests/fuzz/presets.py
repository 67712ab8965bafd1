"""Preset files that mean harm, and what must become of them: a form to begin with, or a sentence."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from enroller import preset
from enroller.errors import InputError
from enroller.gui.draft import from_prefill
from enroller.gui.prefill import Prefill
from enroller.vault import record
from tests.fakes import an_enrollment
from tests.fuzz.hostile import fragments
from tests.fuzz.shown import check_drawn, check_shown

NAMES = sorted({name for names in preset.NAMES.values() for name in names})

_VALUES = (
    '"acme.example:7400"', '"safeq-cloud"', '"privicore"', '"ed25519"', '"rsa"', '"printer"', '"file"', '"../x.pem"',
    "3072", "3072.0", "4096", "2.5", "inf", "nan", "-1", "1e308", "1e-300", "0x1_0", "true", "2027-01-15", "08:00:00",
    "2027-01-15T08:00:00Z", "2027-13-45", "[]", "{}", '["safeq-cloud"]', '{a = 1}', '{a.b.c = {d = [[[[{}]]]]}}', '""',
    '"\\u001b[31m"', '"\\u202e"', '"\\u0000"', '"\\ud800"', '"\\U0010ffff"', "''", '"""\na\n"""', "'''\x1b'''",
    "9" * 5000,
    "-" + "9" * 4400, '"' + "A" * 4096 + '"', '"' + "A" * 4097 + '"', "[" * 3000, "{a=" * 800, "[" * 90 + "]" * 90,
)  # fmt: skip

_GOOD = (
    {"server": '"acme.example"', "client_id": '"laptop-17"', "description": '"Reception"', "key_type": '"rsa"'},
    {"service": '"privicore"', "server": '"acme.example"', "device_name": '"laptop-17"', "username": '"kim"'},
)
_ODD_NAMES = ("api_key", "a.b", ".".join("a" * 300), '"server"', "''", "server.x", "\x1b[2J", "#", "client_id\n")
_ODD_LINES = ("[server]", "[[a]]", "[a.b]", "\x00", "\r", "server", "=", "# \u202e", "\ufeff", "a = 1\na = 2")

_values = st.sampled_from(_VALUES) | st.lists(fragments | st.text(max_size=5), max_size=3).map(
    lambda texts: '"' + "".join(texts).replace("\\", "\\\\").replace('"', '\\"') + '"'
)
_names = st.sampled_from(NAMES) | st.sampled_from(_ODD_NAMES)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A good preset with some members changed, and sometimes a line of something else."""
    members = {**draw(st.sampled_from(_GOOD)), **draw(st.dictionaries(_names, _values, max_size=3))}
    lines = [f"{name} = {value}" for name, value in members.items()]
    if draw(st.integers(0, 4)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(_ODD_LINES) | st.text(max_size=9)))
    return "\n".join(lines)


contents = st.one_of(
    documents().map(lambda text: text.encode(errors="surrogatepass")),
    documents().map(lambda text: text.encode(errors="replace")),
    documents().map(lambda text: text.encode("utf-8-sig", "replace")),
    documents().map(lambda text: text.encode("utf-16", "replace")),
    st.binary(max_size=100),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=4), st.sampled_from([100, 20_000])),
)


def judge(content: bytes) -> str:
    """Reads a preset, and begins a form with it where it is taken. Returns what became of it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "preset.toml"
        path.write_bytes(content)
        try:
            asked = from_prefill(Prefill(preset.read(path).asked)).asked()
        except InputError as refused:
            check_shown(f"{refused.message}\n{refused.advice}")
            return f"refused: {refused.field}"
        assert path.read_bytes() == content
    enrollment = replace(an_enrollment(), asked=asked)
    assert record.decode(record.encode(enrollment), record.SCHEMA) == enrollment
    for text in (asked.server, asked.client_id, asked.device_name, asked.description, asked.username, asked.ca_file):
        check_drawn(text or "")
    return "taken"
