"""The checks before an enrollment: can it be stored, and does the service answer?"""

from dataclasses import dataclass

from enroller import errors
from enroller.app import App
from enroller.model import ServiceName


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report; `error` says what stands in the way and whose job it is."""

    name: str
    title: str
    found: str
    error: errors.EnrollerError | None = None

    def document(self) -> dict[str, object]:
        """For `--json`."""
        error = self.error
        return {
            "name": self.name,
            "ok": error is None,
            "found": self.found,
            "code": error.code if error else None,
            "advice": error.advice if error else None,
        }


def examine(app: App, service: ServiceName, server: str | None, ca_file: str | None) -> list[Check]:
    """All checks, each by itself: one that fails does not hide the next."""
    checks = [_storage(app), _key_store(app)]
    if server is not None:
        checks.append(_service(app, service, server, ca_file))
    return checks


def _storage(app: App) -> Check:
    try:
        app.vault.probe()
    except errors.StorageError as error:
        return Check("storage", "Data folder", error.message, error)
    return Check("storage", "Data folder", f"{app.data_dir} can be written")


def _key_store(app: App) -> Check:
    try:
        return Check("key_store", "Key store", app.vault.probe_key_store())
    except errors.StorageError as error:
        return Check("key_store", "Key store", error.message, error)


def _service(app: App, service: ServiceName, server: str, ca_file: str | None) -> Check:
    from enroller.address import canonical, host_of

    try:
        address = canonical(server)
        app.probe(service, address, ca_file)
    except errors.EnrollerError as error:
        return Check("service", "Service", error.message, error)
    return Check("service", "Service", f"{host_of(address)} answers as expected")
