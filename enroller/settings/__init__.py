"""Managed settings: what an administrator has decided for this device, and where each value comes from.

Whoever stands higher decides: a policy (Windows: Group Policy, macOS: managed preferences), the site's file
`settings.toml`, what an installer was told for the machine, what it was told for the user. What is locked cannot be
changed by the person in front of the device: everything in a policy, and what a file names in `locked`.
"""

from enroller.settings.given import Layer, Setting, Settings, Source, merged
from enroller.settings.here import current

__all__ = ["Layer", "Setting", "Settings", "Source", "current", "merged"]
