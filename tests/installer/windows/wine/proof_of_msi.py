"""The .msi by wine: silent; used, upgraded, repaired, not downgraded, removed."""

from pathlib import Path

from installer.release import Build
from installer.windows import msi
from installer.windows.msi_source import code
from tests.installer.windows.wine import acts
from tests.installer.windows.wine.acts import Installed, expect
from tests.installer.windows.wine.prefix import Done, Prefix, windows, windows_path
from tests.installer.windows.wine.sandbox import sandbox

MACHINE = "Program Files/Enroller"
_FATAL = 1603
"""ERROR_INSTALL_FAILURE: a package that refuses to be installed."""


def prove(build: Build) -> None:
    """Raises Problem where something is not as promised."""
    (older,) = msi.build(acts.of_version(build, "0.0.1", "older-msi"))
    _tell_that_it_is_upgraded(build, older)
    here = msi.place(build)
    with windows(build, "msi") as prefix:
        before, installed = prefix.files(), Installed(prefix, MACHINE)
        _refuse_bad_settings(build, installed, here)
        _install(prefix, older, "SERVER=gateway.acme.example:7400", "DESCRIPTION={hostname} lab").good("The older .msi")
        expect(installed.setting("description"), "{hostname} lab (installation)", "A setting of the command line")
        took = _install(prefix, here).good("The upgrade").seconds
        expect(acts.left_behind(installed), False, "A file of the older version")
        expect(installed.setting("server"), "gateway.acme.example:7400 (installation)", "A setting after the upgrade")
        build.steps.say(f"  installed with settings, and upgraded in {took:.1f} s")
        acts.self_test(build, installed)
        acts.window(build, installed, build.work / "msi.png")
        _repair(build, installed, here)
        _install(prefix, older).ended(_FATAL, "The downgrade")
        expect(installed.has("python/python.exe"), True, "The newer version after the downgrade")
        with sandbox(build, prefix.folder.parent) as services:
            installed.enroller("settings", "--clear")
            acts.enrollment(build, installed, services)
        installed.enroller("settings", "--set", "language=en")
        prefix.run("msiexec", "/x", code("product", build.product.version), "/qn").good("The uninstallation")
        acts.nothing_left(build, prefix, before)


def _tell_that_it_is_upgraded(build: Build, older: Path) -> None:
    """Windows sets UPGRADINGPRODUCTCODE where an upgrade removes the older version, and wine 8 does not."""
    asked = "UPDATE `InstallExecuteSequence` SET `Condition` = 'REMOVE=\"NEVER\"' WHERE `Action` = 'Forget'"
    build.run("Saying for wine that the older one is upgraded", ["msibuild", str(older), "-q", asked])


def _install(prefix: Prefix, file: Path, *properties: str) -> Done:
    return prefix.run("msiexec", "/i", windows_path(file), "/qn", *properties)


def _refuse_bad_settings(build: Build, installed: Installed, here: Path) -> None:
    """What the program does not understand ends the installation, and what it has begun is taken back."""
    refused = _install(installed.prefix, here, "SERVICE=nonsense")
    expect(refused.status != 0, True, "That a bad setting is refused")
    expect(installed.has("."), False, "The folder of an installation that was refused")
    build.steps.say("  refused with a bad setting, with nothing left of it")


def _repair(build: Build, installed: Installed, here: Path) -> None:
    """It mends files, and no setting goes back to what the first command line said."""
    installed.enroller("settings", "--set", "server=other.acme.example")
    installed.prefix.program(installed.folder, "packages/httpx/__init__.py").unlink()
    # In long for /fa, which wine 8 does not know.
    _install(installed.prefix, here, "REINSTALL=ALL", "REINSTALLMODE=amus").good("The repair")
    expect(installed.has("packages/httpx/__init__.py"), True, "A file after the repair")
    expect(installed.setting("server"), "other.acme.example (installation)", "A setting after the repair")
    build.steps.say("  repaired, with the settings as they were")
