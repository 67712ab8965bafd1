"""setup.exe, made by NSIS from setup.nsi and the finished folder."""

from collections.abc import Mapping
from pathlib import Path

from installer.product import Product
from installer.release import Build
from installer.windows import layout, settings, signing
from installer.windows.msi_source import UPGRADE_CODE
from installer.windows.python import LIBRARY
from installer.windows.version import dotted

_SCRIPT = Path(__file__).resolve().parent / "setup.nsi"


def place(build: Build) -> Path:
    """Where setup.exe is made."""
    return build.dist / f"{build.product.name}-{build.product.version}-setup.exe"


def build(build: Build, *, quickly: bool = False) -> list[Path]:
    """Makes setup.exe. Raises Problem where makensis refuses.

    `quickly`: packed less tightly, in a tenth of the time, for trying it out.
    """
    folder, product = build.shared(layout.folder), build.product
    output = place(build)
    parameters = settings.parameters(build.shared(settings.known))
    script = build.work / "setup.nsi"
    signer = f"{build.checkout.python} -m installer.windows.signing" if signing.is_wanted(build.env) else ""
    text = defines(product, folder, output, parameters, signer) + f'!include "{_SCRIPT}"\n'
    script.write_text(text, encoding="utf-8-sig")
    compressor = ["-XSetCompressor /FINAL zlib"] if quickly else []
    makensis = ["makensis", "-V2", *([] if quickly else ["-WX"]), *compressor, str(script)]
    build.run(f"Packing {output.name}", makensis, SOURCE_DATE_EPOCH=str(build.epoch))
    signing.sign(build, output)
    return [output]


def defines(product: Product, folder: Path, output: Path, parameters: Mapping[str, str], signer: str) -> str:
    """What setup.nsi is told of the product, and the settings that its command line may give.

    `signer`: the command that signs the uninstaller; empty where no key is given.
    """
    words = {
        "EXTENSION": product.extension,
        "FOLDER": str(folder),
        "LIBRARY": LIBRARY,
        "LICENCE": product.licence,
        "MEDIA_TYPE": product.media_type,
        "NAME": product.name,
        "NUMBERS": dotted(product.version),
        "OUTPUT": str(output),
        "PUBLISHER": product.publisher,
        "SCHEME": product.scheme,
        "SUMMARY": product.summary,
        "TITLE": product.title,
        "UPGRADE_CODE": "{" + str(UPGRADE_CODE).upper() + "}",
        "VERSION": product.version,
    }
    if signer:
        words["SIGN"] = signer
    lines = [f'!define {name} "{quoted(text)}"' for name, text in words.items()]
    told = [f'!insertmacro SETTING "{parameter}" "{name}"' for parameter, name in parameters.items()]
    return "\n".join([*lines, "!macro SETTINGS", *told, "!macroend", ""])


def quoted(text: str) -> str:
    """A text as NSIS reads it between double quotes."""
    return text.replace("$", "$$").replace('"', '$\\"')
