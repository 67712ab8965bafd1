"""What wixl has no words for: rows of the .msi's tables, as SQL. Pure.

Numbers and types: Windows Installer reference, "Custom Action Types" and "Suggested InstallExecuteSequence".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from installer.product import Product
from installer.windows.msi_source import identifier
from installer.windows.python import CACHE_TAG

_SET_PROPERTY = 51
_INSTALLED_PROGRAM = 18  # Source: its file; Target: its arguments
_GO_ON = 64  # whatever it ends with
_IN_SCRIPT, _AS_SYSTEM = 1024, 2048  # after the files, and with the rights to change what is everybody's
_ON_ROLLBACK = 256  # only where what comes later fails

_AFTER_COSTING, _BEFORE_REMOVING, _AFTER_FILES, _AFTER_REGISTRY = 1100, 3450, 4010, 5050

# Without brackets: in them Windows Installer looks for the name of a property.
_REMOVE_FOLDERS = (
    '-B -I -c "import pathlib, shutil, sys; '
    'any(map(shutil.rmtree, list(pathlib.Path(sys.argv.pop()).rglob(sys.argv.pop()))))" '
    '__pycache__ "[INSTALLDIR]packages"'
)

_REMOVED = 'REMOVE="ALL"'
_FOR_GOOD = f"{_REMOVED} AND NOT UPGRADINGPRODUCTCODE"
_ON_UNINSTALL = 2  # RemoveFile table, InstallMode


@dataclass(frozen=True)
class Action:
    """A custom action: what it is, when it comes and on which condition."""

    name: str
    kind: int
    source: str
    target: str
    place: int
    condition: str

    @property
    def queries(self) -> list[str]:
        """Its rows."""
        values = f"'{self.name}', {self.kind}, '{self.source}', '{self.target}'"
        return [
            f"INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ({values})",
            "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`)"
            f" VALUES ('{self.name}', '{self.condition}', {self.place})",
        ]


def rows(product: Product, files: Iterable[str], parameters: Mapping[str, str]) -> list[str]:
    """All rows that are added. `parameters`: the properties that a command line may give, with their settings' names.

    A repair or an upgrade whose command line gives none of them leaves the settings as they are.
    """
    program, python = identifier("f", f"{product.name}.exe"), identifier("f", "python/python.exe")
    changing = _INSTALLED_PROGRAM | _IN_SCRIPT | _AS_SYSTEM
    compiled = '-I -m compileall -q --invalidation-mode unchecked-hash "[INSTALLDIR]packages"'
    given = f"TOLD AND NOT {_REMOVED}"
    undo = changing | _ON_ROLLBACK | _GO_ON
    actions = [
        Action("Uncompile", undo, python, _REMOVE_FOLDERS, _AFTER_FILES - 1, f"NOT {_REMOVED}"),
        Action("Compile", changing | _GO_ON, python, compiled, _AFTER_FILES, f"NOT {_REMOVED}"),
        Action("Forget", changing | _GO_ON, program, "settings --clear", _BEFORE_REMOVING, _FOR_GOOD),
        Action("Tell", changing, program, "settings[TOLD]", _AFTER_REGISTRY, given),
    ]
    for number, (parameter, name) in enumerate(parameters.items()):
        told = f'[TOLD] --set "{name}=[{parameter}]"'
        actions.append(Action(f"Told{parameter}", _SET_PROPERTY, "TOLD", told, _AFTER_COSTING + number, parameter))
    return [*(query for action in actions for query in action.queries), *_compiled_files(files)]


def secure_properties(parameters: Mapping[str, str], already: str) -> str:
    """The properties that reach the part that has the rights: SecureCustomProperties, with those that it has."""
    return ";".join(dict.fromkeys([*filter(None, already.split(";")), *parameters]))


def _compiled_files(files: Iterable[str]) -> list[str]:
    """What "Compile" has made goes with what it was made from, and then the folder of each, which is empty by now."""
    sources = [PurePosixPath(file) for file in files if file.endswith(".py")]
    found = []
    for folder in sorted({str(source.parent) for source in sources}):
        inner = f"{folder}/__pycache__"
        found.append(
            "INSERT INTO `Directory` (`Directory`, `Directory_Parent`, `DefaultDir`)"
            f" VALUES ('{identifier('d', inner)}', '{identifier('d', folder)}', '__pycache__')"
        )
        compiled = [f"{one.stem}.{CACHE_TAG}.pyc" for one in sources if str(one.parent) == folder]
        found += [_removed(folder, inner, name) for name in compiled]
        found.append(_removed(folder, inner, ""))
    return found


def _removed(folder: str, inner: str, name: str) -> str:
    """A row that removes a file of the folder `inner`, or without a name the folder, with the component of `folder`."""
    column, value = ("`FileName`, ", f"'{name}', ") if name else ("", "")
    key = identifier("r", f"{inner}/{name}")
    return (
        f"INSERT INTO `RemoveFile` (`FileKey`, `Component_`, {column}`DirProperty`, `InstallMode`)"
        f" VALUES ('{key}', '{identifier('c', folder)}', {value}'{identifier('d', inner)}', {_ON_UNINSTALL})"
    )
