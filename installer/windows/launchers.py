"""Our two programs: each starts Python with Enroller in it, and says in its properties that it is Enroller."""

from dataclasses import dataclass
from pathlib import Path

from installer.product import Product
from installer.release import Build
from installer.windows.python import LIBRARY
from installer.windows.version import dotted

_HERE = Path(__file__).resolve().parent
_COMPILER = "x86_64-w64-mingw32-gcc"
_RESOURCES = "x86_64-w64-mingw32-windres"
_FLAGS = ("-municode", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-Wl,--no-insert-timestamp")


@dataclass(frozen=True)
class Program:
    """One program. `words`: what Python is told before the program's own arguments."""

    name: str
    words: tuple[str, ...]
    windowed: bool
    summary: str


def programs(product: Product) -> tuple[Program, Program]:
    """The two programs of pyproject.toml: for scripts, and for people."""
    module = ("-m", product.name)
    return (
        Program(product.name, module, False, product.title),
        Program(f"{product.name}-wizard", (*module, "wizard"), True, product.title),
    )


def make(build: Build, folder: Path, icon: bytes) -> list[Path]:
    """Compiles the programs into `folder`, and returns them. Raises Problem where the compiler fails."""
    work = build.work / "launchers"
    work.mkdir()
    (work / "icon.ico").write_bytes(icon)
    (work / "manifest.xml").write_bytes((_HERE / "launcher.manifest").read_bytes())
    made = []
    for program in programs(build.product):
        script, compiled = work / f"{program.name}.rc", work / f"{program.name}.o"
        script.write_text(resource_script(program, build.product), encoding="utf-8")
        # Without paths of this machine in what is compiled: the folder is the same for every build.
        build.run(f"Describing {program.name}.exe", [_RESOURCES, "-c", "65001", script.name, compiled.name], cwd=work)
        command = [_COMPILER, *_FLAGS, *macros(program, build.product), "-o", folder / f"{program.name}.exe"]
        sources = [_HERE / "launcher.c", compiled.name, *(["-mwindows"] if program.windowed else [])]
        build.run(f"Compiling {program.name}.exe", [*map(str, command), *map(str, sources)], cwd=work)
        made.append(folder / f"{program.name}.exe")
    return made


def macros(program: Program, product: Product) -> list[str]:
    """What launcher.c is compiled with."""
    words = ", ".join(f'L"{word}"' for word in program.words)
    defined = [f'-DTITLE=L"{product.title}"', f'-DLIBRARY=L"{LIBRARY}"', f"-DWORDS={words}"]
    return [*defined, "-DWINDOWED"] if program.windowed else defined


def resource_script(program: Program, product: Product) -> str:
    """Icon, manifest and version of a program, for windres; see Microsoft, "VERSIONINFO resource"."""
    told = {
        "CompanyName": product.publisher,
        "FileDescription": program.summary,
        "FileVersion": product.version,
        "InternalName": program.name,
        "LegalCopyright": f"{product.publisher}. Licence: {product.licence}",
        "OriginalFilename": f"{program.name}.exe",
        "ProductName": product.title,
        "ProductVersion": product.version,
    }
    values = "\n".join(f'      VALUE "{name}", "{_escaped(text)}"' for name, text in told.items())
    version = dotted(product.version).replace(".", ",")
    return f"""1 ICON "icon.ico"
1 24 "manifest.xml"
1 VERSIONINFO
FILEVERSION {version}
PRODUCTVERSION {version}
FILEOS 0x40004L // Windows NT
FILETYPE 1 // a program
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904B0" // English (United States), Unicode
    BEGIN
{values}
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
"""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '""')
