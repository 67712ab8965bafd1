"""Enroller makes a device trusted by a cloud service and keeps the credentials that it was granted."""

__version__ = "0.1.0"
