"""Where this machine gets Debian's packages from, so that a clean system made here asks nobody else."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("/etc/apt")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True)
class Source:
    """One archive: where it is, and which suites of it this machine uses."""

    address: str
    suites: tuple[str, ...]


def here(folder: Path = FOLDER) -> list[Source]:
    """This machine's sources."""
    listed = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    return [source for file in listed if file.is_file() for source in read(file.name, file.read_text())]


def read(name: str, text: str) -> list[Source]:
    """The sources in a file, in either form of sources.list(5)."""
    if name.endswith(".sources"):
        return list(_stanzas(text))
    lines = re.findall(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+\S+", text, re.MULTILINE)
    return [Source(address, (suite,)) for address, suite in lines]


def _stanzas(text: str) -> Iterable[Source]:
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        fields = dict(line.split(":", 1) for line in lines if ":" in line and not line[0].isspace())
        suites = tuple(fields.get("Suites", "").split())
        if fields.get("Enabled", "yes").strip() != "no" and "deb" in fields.get("Types", "").split():
            yield from (Source(address, suites) for address in fields.get("URIs", "").split())


def mirror(sources: Iterable[Source], suite: str) -> str | None:
    """The archive of Debian itself: where `suite` is, or where this machine has its own suite from; None: nowhere.

    An archive holds all suites; one of security updates alone, or another vendor's, has no suite with a bare name.
    """
    own = [source for source in sources if any(re.fullmatch(r"[a-z]+", one) for one in source.suites)]
    best = [source for source in own if suite in source.suites] or [
        source for source in own if any(f"{one}-updates" in source.suites for one in source.suites)
    ]
    return best[0].address if best else None
