"""The Linux artefacts."""

from installer.release import Target

TARGETS: dict[str, Target] = {}
