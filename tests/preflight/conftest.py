"""Examines the way to servers of all kinds, with an application that is well."""

from collections.abc import Callable
from pathlib import Path

import pytest

from enroller.app import App
from enroller.http import system_proxy
from enroller.model import Login, ServiceName
from enroller.preflight import Check, Target, Verdict, examine, login_page
from tests.http.conftest import ca, ca_file, serve, server_certificate

__all__ = ["ca", "ca_file", "serve", "server_certificate"]

Report = dict[str, Check]
Examine = Callable[..., Report]


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_proxy, "by_system", lambda _: None)
    monkeypatch.setattr(login_page, "PORT", 1)  # nobody is there: TCPMUX, RFC 1078, which is history (RFC 7805)


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "data")


@pytest.fixture
def look(app: App) -> Examine:
    """The checks of the way to a server, by their names."""

    def at(
        server: str, ca_pem: str | None = None, login: Login | None = None, service: ServiceName = ServiceName.PRIVICORE
    ) -> Report:
        reported: list[Check] = []
        checks = examine(app, Target(service, server, ca_pem, login), reported.append, local=False)
        assert sorted(reported, key=checks.index) == checks, "each is reported, once"
        return {check.name: check for check in checks}

    return at


def verdicts(report: Report) -> str:
    """The verdicts in their order, one letter each: a failed one is an F."""
    letters = {Verdict.PASSED: "p", Verdict.FAILED: "F", Verdict.NOTED: "n", Verdict.SKIPPED: "-"}
    return "".join(letters[check.verdict] for check in report.values())
