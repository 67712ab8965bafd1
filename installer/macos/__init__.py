"""The macOS artefacts. **Not verified**: written and checked on Linux as far as that goes; no Mac has run them."""

from installer.macos import bundle
from installer.release import Target

TARGETS: dict[str, Target] = {
    "pkg": Target("the package for macOS (not verified)", bundle.package, on=("darwin",)),
}
