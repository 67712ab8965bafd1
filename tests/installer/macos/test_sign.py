"""sign.sh with stand-ins for Apple's programs: what is signed, in what order, and what is skipped."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SIGN = ROOT / "installer" / "macos" / "sign.sh"
TOOLS = ("codesign", "productsign", "pkgutil", "xcrun", "spctl")
IDENTITY = "Developer ID Application: Acme (ABCDE12345)"


class Mac:
    """A folder with stand-ins that note how they are called. `refusing`: the one that fails."""

    def __init__(self, folder: Path, refusing: str = "") -> None:
        self.calls_file = folder / "calls"
        self._tools = folder / "tools"
        self._tools.mkdir(exist_ok=True)
        for name in TOOLS:
            tool = self._tools / name
            status = 1 if name == refusing else 0
            tool.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.calls_file}"\nexit {status}\n')
            tool.chmod(0o755)

    def sign(self, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
        path = f"{self._tools}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [SIGN, *map(str, words)], env={"PATH": path, **env}, capture_output=True, text=True, check=False
        )

    @property
    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    app = tmp_path / "Enroller.app"
    for name in ("MacOS/enroller", "MacOS/enroller-wizard", "Frameworks/a.dylib", "Frameworks/QtCore.framework/QtCore",
                 "Frameworks/deep in/b.so", "Info.plist"):  # fmt: skip
        (app / "Contents" / name).parent.mkdir(parents=True, exist_ok=True)
        (app / "Contents" / name).touch()
    for program in (app / "Contents" / "MacOS").iterdir():
        program.chmod(0o755)
    return app


def test_what_is_inside_is_signed_first_and_only_programs_may_more(mac: Mac, bundle: Path) -> None:
    done = mac.sign("bundle", bundle, "may.plist", ENROLLER_SIGN_APPLICATION=IDENTITY)
    assert done.returncode == 0, done.stderr
    *signed, verified = mac.calls
    assert verified.startswith("codesign --verify --deep --strict")
    assert all("--options runtime" in call and f"--sign {IDENTITY} " in call for call in signed)
    names = [call.rpartition("/")[2] for call in signed]
    assert sorted(names[:2]) == ["a.dylib", "b.so"]
    assert names[2] == "QtCore.framework"
    assert sorted(names[3:5]) == ["enroller", "enroller-wizard"]
    assert names[5:] == ["Enroller.app"]
    assert ["--entitlements may.plist" in call for call in signed] == [False, False, False, True, True, True]


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        (("bundle", "a.app", "may.plist"), "ENROLLER_SIGN_APPLICATION"),
        (("package", "a.pkg", "b.pkg"), "ENROLLER_SIGN_INSTALLER"),
        (("notarize", "a.pkg"), "ENROLLER_NOTARY_PROFILE"),
    ],
)
def test_without_a_key_it_is_skipped_with_a_notice(words: tuple[str, ...], variable: str, mac: Mac) -> None:
    done = mac.sign(*words)
    assert done.returncode == 3
    assert f"is skipped: {variable} names nothing." in done.stderr
    assert mac.calls == []


def test_the_package_is_signed_into_another_file_and_looked_at(mac: Mac) -> None:
    assert mac.sign("package", "a.pkg", "b.pkg", ENROLLER_SIGN_INSTALLER="Acme").returncode == 0
    assert mac.calls == ["productsign --timestamp --sign Acme a.pkg b.pkg", "pkgutil --check-signature b.pkg"]


def test_the_package_is_notarized_by_a_profile_of_the_keychain_then_stapled(mac: Mac) -> None:
    assert mac.sign("notarize", "a.pkg", ENROLLER_NOTARY_PROFILE="acme").returncode == 0
    assert mac.calls == [
        "xcrun notarytool submit a.pkg --keychain-profile acme --wait",
        "xcrun stapler staple a.pkg",
        "xcrun stapler validate a.pkg",
        "spctl --assess --type install --verbose=2 a.pkg",
    ]


@pytest.mark.parametrize(
    ("words", "refusing"),
    [(("package", "a.pkg", "b.pkg"), "productsign"), (("notarize", "a.pkg"), "xcrun")],
)
def test_a_step_that_fails_ends_it(words: tuple[str, ...], refusing: str, tmp_path: Path) -> None:
    mac = Mac(tmp_path, refusing)
    done = mac.sign(*words, ENROLLER_SIGN_INSTALLER="Acme", ENROLLER_NOTARY_PROFILE="acme")
    assert done.returncode not in (0, 3)
    assert len(mac.calls) == 1


def test_a_library_that_cannot_be_signed_ends_it(tmp_path: Path, bundle: Path) -> None:
    mac = Mac(tmp_path, "codesign")
    done = mac.sign("bundle", bundle, "may.plist", ENROLLER_SIGN_APPLICATION=IDENTITY)
    assert done.returncode not in (0, 3)
    assert len(mac.calls) == 1


@pytest.mark.parametrize("words", [(), ("bundle",), ("sell", "a.pkg")])
def test_other_words_get_the_usage(words: tuple[str, ...], mac: Mac) -> None:
    done = mac.sign(*words)
    assert done.returncode == 2
    assert "sign.sh notarize PKG" in done.stderr


def test_it_has_no_complaints_of_a_checker() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    subprocess.run(["shellcheck", SIGN], check=True)
