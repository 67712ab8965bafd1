"""Whether all modules are here: the list comes from the code itself, and what is lost is named."""

import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import enroller
from enroller.preflight import Verdict
from enroller.self_test import modules
from enroller.self_test.modules import BEGIN, KEY_STORES, ONLY_ON, Import, imports_of, reached
from enroller.vault import keystore

ROOT = Path(enroller.__file__).parent.parent
SAY = "from enroller.self_test.modules import check; print(*(f'{one.verdict}: {one.found}' for one in check()))"


def ran(program: str, folder: Path = ROOT) -> str:
    """What a fresh interpreter that finds Enroller in `folder` says."""
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


def test_from_its_first_module_all_of_enroller_is_found() -> None:
    """No module is imported in a way that the list does not see."""
    ours = {name for _, name, _ in pkgutil.walk_packages(enroller.__path__, "enroller.")} - {"enroller.__main__"}
    elsewhere = {name for name in ours if sys.platform not in ONLY_ON.get(name, (sys.platform,))}
    # In a process of its own: pytest loads modules whose names end in `_test` in its own way, which gives no code.
    program = "from enroller.self_test.modules import *; print(*{one.module for one in reached(BEGIN)})"
    found = set(ran(program).split())
    packages = {name.rpartition(".")[0] for name in found}
    assert ours - elsewhere - found - packages == set()


def test_here_nothing_is_missing() -> None:
    (check,) = modules.check()
    assert check.verdict is Verdict.PASSED
    assert "sandbox" not in check.found


@pytest.mark.parametrize("lost", ["http/exchange.py", "gui/pages/approval.py", "push"])
def test_a_part_of_enroller_is_lost(lost: str, tmp_path: Path) -> None:
    """As a packaged build loses what it did not see: imported in a function, by name, or from a package."""
    shutil.copytree(ROOT / "enroller", tmp_path / "enroller", ignore=shutil.ignore_patterns("__pycache__"))
    gone = tmp_path / "enroller" / lost
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    told = ran(SAY, tmp_path)
    assert told.startswith("failed: Missing, or not working: ")
    assert "enroller." + lost.removesuffix(".py").replace("/", ".") in told


@pytest.mark.parametrize("lost", ["websockets.protocol", "jeepney", "platformdirs", "uuid"])
def test_a_library_is_lost(lost: str) -> None:
    if lost == "jeepney" and sys.platform != "linux":
        pytest.skip("the key store's library for another system")
    told = ran(f"import sys; sys.modules[{lost!r}] = None; {SAY}")
    assert told.startswith("failed: Missing, or not working: ")
    assert lost in told


def test_an_installation_may_lack_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "ITS_LIBRARY", "a_library_that_nobody_has")
    assert not any(one.module.startswith(("enroller.sandbox", "starlette", "uvicorn")) for one in reached(BEGIN))
    (check,) = modules.check()
    assert check.verdict is Verdict.PASSED
    assert check.found.endswith("the sandbox is not installed.")


def test_all_kinds_of_imports_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sample_of_imports"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("import json.decoder as d\n")
    (package / "inner" / "__init__.py").write_text("from . import near\nfrom ..far import x, y\n")
    (package / "far.py").write_text("x = y = 0\n")
    (package / "inner" / "near.py").write_text("def f():\n    class C:\n        from .other import z\n")
    monkeypatch.syspath_prepend(tmp_path)
    name = package.name
    assert imports_of(name)[0] == Import("json.decoder", ())
    assert imports_of(f"{name}.inner") == [Import(f"{name}.inner", ("near",)), Import(f"{name}.far", ("x", "y"))]
    assert imports_of(f"{name}.inner.near") == [Import(f"{name}.inner.other", ("z",))]
    assert imports_of("no_such_module") == []
    for imported in [one for one in sys.modules if one.startswith(name)]:
        del sys.modules[imported]


def test_a_name_that_a_library_has_no_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delattr(platformdirs, "user_data_dir")
    assert modules._missing(Import("platformdirs", ("user_data_dir",))) == ["platformdirs.user_data_dir"]
    assert modules._missing(Import("platformdirs", ("user_log_dir",))) == []


def test_the_key_stores_are_those_that_the_vault_uses() -> None:
    assert set(KEY_STORES.values()) <= keystore._REAL.keys()
