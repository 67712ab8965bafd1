"""A Windows of our own by wine 8, with small libraries for what it lacks, and how programs are run in it."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from installer.display import own_display
from installer.release import Build
from installer.steps import Problem

_HERE = Path(__file__).resolve().parent
_COMPILER = "x86_64-w64-mingw32-gcc"

LIMIT = 180.0
"""Seconds for one program: several times what the slowest, an installation, takes."""

MADE_BY_WINE = re.compile(r"/(Temp|INetCache|Recent|drive_c/windows/(temp|logs|Installer|inf))/", re.IGNORECASE)
"""Where Windows itself keeps what it wants, while programs are installed and removed."""


@dataclass(frozen=True)
class Done:
    """How a program ended. `status`: the last eight bits alone of what Windows says."""

    status: int
    out: str
    err: str
    seconds: float

    def good(self, what: str) -> "Done":
        """Itself; raises Problem, by the name of `what` was done, where it did not end with 0."""
        return self.ended(0, what)

    def ended(self, status: int, what: str) -> "Done":
        """Itself; raises Problem where it did not end with `status`, as Windows says it."""
        if self.status != status % 256:
            raise Problem(f"{what} ended with {self.status}, not {status}:\n{self.out}{self.err}")
        return self


class Prefix:
    """One Windows, in a folder. `drive`: its C:, as we see it."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.drive = folder / "drive_c"
        # Fonts as they come; no Mono and no Gecko, whose absence wine would tell in a window.
        self.env = {**env, "WINEPREFIX": str(folder), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml="}

    def run(self, *command: str | Path, limit: float = LIMIT) -> Done:
        """Runs a program of Windows to its end. Raises Problem where it does not come to one.

        Its output goes through pipes: what lives on in the background must not keep hold of a file of ours.
        """
        begun = time.monotonic()
        process = self.start(*command)
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Problem(f"{command[0]} has not ended after {limit:g} seconds.") from None
        # Windows-1252 is what this Windows has programs write to a pipe.
        words = [text.decode("cp1252", "replace").replace("\r\n", "\n") for text in (out, err)]
        return Done(process.returncode, words[0], words[1], time.monotonic() - begun)

    def begin_services(self) -> None:
        """Starts what Windows runs in the background. It keeps the outputs of who starts it: nobody waits for these."""
        quiet = subprocess.DEVNULL
        command = [_wine(), "cmd", "/c", "exit"]
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, env=self.env, timeout=LIMIT, check=True)

    def start(self, *command: str | Path) -> "subprocess.Popen[bytes]":
        """Starts a program, and does not wait for it."""
        return subprocess.Popen(
            [_wine(), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd=self.folder.parent,
        )

    def registered(self, key: str, name: str = "") -> str | None:
        """A text or number of the registry; None where there is none. `name` empty: the key's own."""
        asked = self.run("reg", "query", key, *(["/v", name] if name else ["/ve"]))
        told = re.search(r"REG_(?:SZ|DWORD)\s+(.*)$", asked.out, re.MULTILINE)
        return told[1].strip() if asked.status == 0 and told else None

    def files(self) -> set[str]:
        """Every file and folder of ours or anybody's, but for what Windows keeps for itself."""
        found = {"/" + str(one.relative_to(self.folder)) for one in self.drive.rglob("*")}
        return {one for one in found if not MADE_BY_WINE.search(one)}

    def keys(self) -> set[str]:
        """Every key of the registry that has our name, in lower case."""
        found: set[str] = set()
        for root in ("HKLM", "HKCU"):
            file = self.folder.parent / f"{root}.reg"
            self.run("reg", "export", rf"{root}\Software", windows_path(file), "/y").good("Reading the registry")
            for line in file.read_text(encoding="utf-16").splitlines():
                if line.startswith("[") and "enroller" in line.lower():
                    found.add(line.strip("[]").lower())
        return found

    def program(self, folder: str, name: str = "enroller.exe") -> Path:
        """A program of ours in a folder of C:, made fit for wine 8: its WMI hangs when Python asks for the version."""
        place = self.drive / folder
        (place / "python" / "_wmi.pyd").unlink(missing_ok=True)
        return place / name


def _wine() -> str:
    """The loader itself: Debian's script asks for the 32-bit half, which nothing here needs."""
    return next((name for name in ("/usr/lib/wine/wine64", "wine64") if shutil.which(name)), "wine")


@contextmanager
def windows(build: Build, name: str) -> Iterator[Prefix]:
    """A fresh Windows with a display of its own; all of it ends with the block. Raises Problem."""
    folder = build.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with own_display(build.env, build.steps.log) as env:
        prefix = Prefix(folder / "prefix", env)
        try:
            build.run(f"Making a Windows for {name}", ["wineboot", "--init"], cwd=None, **prefix.env)
            for library in ("bcryptprimitives", "icuuc"):
                output = prefix.drive / "windows" / "system32" / f"{library}.dll"
                source = _HERE / f"{library}.c"
                command = [_COMPILER, "-shared", "-Os", "-s", "-o", output, source, "-ladvapi32"]
                build.run(f"Making {library}.dll, which wine lacks", list(map(str, command)))
            # First what belongs to the beginning comes to its end; then what is only in memory has to stay there.
            subprocess.run(["wineserver", "--wait"], env=prefix.env, timeout=LIMIT, check=False)
            subprocess.run(["wineserver", "--persistent"], env=prefix.env, check=False)
            prefix.begin_services()
            yield prefix
        finally:
            subprocess.run(["wineserver", "--kill"], env=prefix.env, timeout=60, check=False)


def trust(build: Build, prefix: Prefix, ca_file: Path) -> None:
    """Lets this Windows trust a certificate authority. wine 8 knows no other way to trust one than the system's."""
    der, program = ca_file.with_suffix(".der"), prefix.folder.parent / "trust.exe"
    build.run("Preparing a certificate", ["openssl", "x509", "-in", ca_file, "-outform", "DER", "-out", der])
    source = _HERE / "trust.c"
    build.run("Making trust.exe", [_COMPILER, "-Os", "-s", "-o", str(program), str(source), "-lcrypt32"])
    prefix.run(program, windows_path(der)).good("Trusting the sandbox")


def windows_path(path: Path) -> str:
    """A path of this machine as wine's programs know it."""
    return "Z:" + str(path.resolve()).replace("/", "\\")
