"""Our programs and their signatures: what they say of themselves, and that no secret is ever shown."""

import os
import shutil
import subprocess
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from installer.environment import Checkout
from installer.release import Build
from installer.steps import Steps
from installer.windows import launchers, signing
from tests.installer.windows.certificate import throw_away, verified
from tests.installer.windows.made import PRODUCT, ROOT

COMPILER = shutil.which("x86_64-w64-mingw32-gcc") and shutil.which("x86_64-w64-mingw32-windres")
SIGNER = shutil.which("osslsigncode") and shutil.which("openssl")


@pytest.fixture
def screen() -> StringIO:
    """What a person sees of a build."""
    return StringIO()


@pytest.fixture
def build(tmp_path: Path, screen: StringIO) -> Build:
    """A build that works in a folder of its own."""
    work = tmp_path / "work"
    work.mkdir()
    steps = Steps(tmp_path / "log.txt", screen)
    return Build(Checkout(ROOT), steps, dict(os.environ), PRODUCT, 1_700_000_000, tmp_path / "dist", work)


class TestPrograms:
    def test_both_start_the_product_and_one_has_no_console(self) -> None:
        console, windowed = launchers.programs(PRODUCT)
        assert launchers.macros(console, PRODUCT)[-1] == '-DWORDS=L"-m", L"enroller"'
        assert launchers.macros(windowed, PRODUCT)[-2:] == ['-DWORDS=L"-m", L"enroller", L"wizard"', "-DWINDOWED"]

    def test_their_properties_are_those_of_the_product(self) -> None:
        program = launchers.programs(PRODUCT)[0]
        told = launchers.resource_script(program, replace(PRODUCT, version="1.2.3", publisher='The "best"'))
        assert "FILEVERSION 1,2,3,0\n" in told
        assert 'VALUE "CompanyName", "The ""best"""' in told
        assert 'VALUE "OriginalFilename", "enroller.exe"' in told

    @pytest.mark.skipif(not COMPILER, reason="no compiler for Windows")
    def test_they_are_the_same_bytes_whenever_and_wherever_they_are_made(self, build: Build, tmp_path: Path) -> None:
        made = []
        for name in ("one", "another"):
            place = tmp_path / name
            place.mkdir()
            elsewhere = replace(build, work=place)
            made.append([file.read_bytes() for file in launchers.make(elsewhere, place, _icon())])
        assert made[0] == made[1]
        assert all(b"longPathAware" in program and b"asInvoker" in program for program in made[0])
        assert "Enroller".encode("utf-16-le") in made[0][1]


def _icon() -> bytes:
    from installer.windows.icon import ico
    from tests.installer.windows.made import png

    return ico([png([b"\xff\0\0\xff" * 16] * 16, [0] * 16)])


class TestSignatures:
    def test_without_a_key_nothing_is_signed_and_that_is_said(self, build: Build, screen: StringIO) -> None:
        assert not signing.sign(replace(build, env={}), Path("setup.exe"))
        notice = "  setup.exe is not signed: no key is given (ENROLLER_SIGN_KEY or ENROLLER_SIGN_COMMAND).\n"
        assert screen.getvalue() == notice

    def test_the_password_is_no_argument(self) -> None:
        env = {signing.KEY: "k.p12", signing.PASSWORD: "p.txt", signing.TIMESTAMP: "http://time.acme.example"}
        words = signing.command(env, "Enroller", Path("a.exe"))
        assert words[words.index("-readpass") + 1] == "p.txt"
        assert words[-4:] == ["-in", "a.exe", "-out", "a.exe.signed"]
        assert "-ts" in words

    def test_a_program_of_ones_own_gets_the_file_as_its_last_argument(self) -> None:
        env = {signing.COMMAND: "'C:/Program Files/signtool.exe' sign /fd sha256", signing.KEY: "unused"}
        expected = ["C:/Program Files/signtool.exe", "sign", "/fd", "sha256", "a.exe"]
        assert signing.command(env, "Enroller", Path("a.exe")) == expected

    @pytest.mark.skipif(not (COMPILER and SIGNER), reason="no compiler for Windows, or nothing that signs")
    def test_a_program_is_signed_so_that_others_find_it_good(self, build: Build, tmp_path: Path) -> None:
        (tmp_path / "main.c").write_text("int main(void) { return 0; }\n")
        program = tmp_path / "main.exe"
        compiler = ["x86_64-w64-mingw32-gcc", "-o", str(program), str(tmp_path / "main.c")]
        subprocess.run(compiler, check=True)
        env = {**build.env, **throw_away(tmp_path)}
        assert not verified(program, tmp_path)
        assert signing.sign(replace(build, env=env), program)
        assert verified(program, tmp_path)
        assert "only for this test" not in build.steps.log.read_text()
