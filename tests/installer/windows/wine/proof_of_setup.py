"""setup.exe by wine: silent, for everybody and for one user; used, upgraded, repaired, not downgraded, removed."""

import shutil
from dataclasses import replace
from pathlib import Path

from installer.release import Build
from installer.windows import setup
from tests.installer.windows.certificate import throw_away, verified
from tests.installer.windows.wine import acts
from tests.installer.windows.wine.acts import Installed, expect, wait
from tests.installer.windows.wine.prefix import Done, Prefix, windows
from tests.installer.windows.wine.sandbox import sandbox

MACHINE, USER = "Program Files/Enroller", "users/{}/AppData/Local/Programs/Enroller"
_UNINSTALL = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\Enroller"
_NEWER, _NOT_EMPTY, _RUNNING, _BAD_SETTING = 1638, 3, 4, 5


def prove(build: Build) -> None:
    """Raises Problem where something is not as promised."""
    older_build = acts.of_version(build, "0.0.1", "older")
    older_build = replace(older_build, env={**build.env, **throw_away(older_build.work)})
    (older,) = setup.build(older_build, quickly=True)
    expect(verified(older, older_build.work), True, "The signature of setup.exe")
    here = setup.place(build)
    with windows(build, "setup") as prefix:
        _for_everybody(build, prefix, older, here)
        _for_one_user(build, prefix, here)


def _install(prefix: Prefix, file: Path, *options: str) -> Done:
    return prefix.run(file, "/S", *options)


def _for_everybody(build: Build, prefix: Prefix, older: Path, here: Path) -> None:
    before, installed = prefix.files(), Installed(prefix, MACHINE)
    server = "/SERVER=gateway.acme.example:7400"
    _install(prefix, older, "/ALLUSERS", server, "/DESCRIPTION={hostname} in the lab").good("The older setup.exe")
    expect(prefix.registered(rf"HKLM\{_UNINSTALL}", "DisplayVersion"), "0.0.1", "The version in the list of programs")
    expect(installed.setting("server"), "gateway.acme.example:7400 (installation)", "A setting of the command line")
    expect(installed.setting("description"), "{hostname} in the lab (installation)", "One with spaces")

    expect(verified(prefix.drive / MACHINE / "uninstall.exe", older.parent), True, "The signature of the uninstaller")

    took = _install(prefix, here).good("The upgrade").seconds
    version = build.product.version
    expect(prefix.registered(rf"HKLM\{_UNINSTALL}", "DisplayVersion"), version, "The version after the upgrade")
    expect(acts.left_behind(installed), False, "A file of the older version")
    expect(installed.setting("server"), "gateway.acme.example:7400 (installation)", "A setting after the upgrade")
    build.steps.say(f"  installed for everybody, with settings, and upgraded in {took:.1f} s")
    acts.self_test(build, installed)
    acts.window(build, installed, build.work / "setup.png")
    _repair(build, installed, here)
    _refusals(build, prefix, older, here)
    acts.with_window(installed, lambda: _refused_while_running(prefix, here))
    with sandbox(build, prefix.folder.parent) as services:
        installed.enroller("settings", "--clear")
        acts.enrollment(build, installed, services)
    installed.enroller("settings", "--set", "language=en")
    prefix.run(*_quietly(prefix, "HKLM"))
    wait(lambda: not (prefix.drive / MACHINE).exists(), "The uninstallation")
    acts.nothing_left(build, prefix, before)


def _repair(build: Build, installed: Installed, here: Path) -> None:
    """The same version once more: it mends files, and no setting goes back to what the first command line said."""
    installed.enroller("settings", "--set", "server=other.acme.example")
    installed.prefix.program(installed.folder, "packages/httpx/__init__.py").unlink()
    _install(installed.prefix, here).good("The repair")
    expect(installed.has("packages/httpx/__init__.py"), True, "A file after the repair")
    expect(installed.setting("server"), "other.acme.example (installation)", "A setting after the repair")
    build.steps.say("  repaired, with the settings as they were")


def _refusals(build: Build, prefix: Prefix, older: Path, here: Path) -> None:
    """Each with a number of its own, and a sentence."""
    elsewhere = prefix.drive / "somebodys"
    elsewhere.mkdir()
    (elsewhere / "notes.txt").write_text("mine")
    for refused, sentence in (
        (_install(prefix, older).ended(_NEWER, "The downgrade"), "which is newer than 0.0.1."),
        (_install(prefix, here, r"/D=C:\somebodys").ended(_NOT_EMPTY, "Another's folder"), "holds something else."),
        (_install(prefix, here, "/SERVICE=nonsense").ended(_BAD_SETTING, "A bad setting"), "safeq-cloud, privicore"),
    ):
        expect(sentence in refused.err, True, f"The sentence “… {sentence}” in “{refused.err.strip()}”")
        build.steps.say(f"  refused: {refused.err.splitlines()[0]}")
    shutil.rmtree(elsewhere)


def _refused_while_running(prefix: Prefix, here: Path) -> None:
    refused = _install(prefix, here).ended(_RUNNING, "The installation over a program that runs")
    expect(refused.err.strip(), "Enroller is running. Close it, then try again.", "The sentence")


def _for_one_user(build: Build, prefix: Prefix, here: Path) -> None:
    (user,) = (folder.name for folder in (prefix.drive / "users").iterdir() if folder.name != "Public")
    before, installed = prefix.files(), Installed(prefix, USER.format(user))
    _install(prefix, here, "/CURRENTUSER", "/SERVICE=privicore").good("setup.exe for one user")
    expect(installed.setting("service"), "privicore (user)", "A setting of one user")
    opened = prefix.registered(r"HKCU\Software\Classes\enroller\shell\open\command") or ""
    expect(opened.endswith('enroller-wizard.exe" "%1"'), True, f"What opens links ({opened})")
    acts.self_test(build, installed)
    prefix.run(*_quietly(prefix, "HKCU"))
    wait(lambda: not (prefix.drive / USER.format(user)).exists(), "The uninstallation")
    acts.nothing_left(build, prefix, {one for one in before if "enrollments" not in one})
    build.steps.say("  installed for one user and removed")


def _quietly(prefix: Prefix, root: str) -> list[str]:
    command = prefix.registered(rf"{root}\{_UNINSTALL}", "QuietUninstallString") or ""
    program, _, options = command.removeprefix('"').partition('"')
    return [program, *options.split()]
