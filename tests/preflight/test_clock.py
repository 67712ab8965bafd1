"""How far this device's clock is off, from a date with whole seconds and a question that took its time."""

import datetime as dt
from email.utils import format_datetime

import pytest

from enroller import errors
from enroller.http.shown import Shown
from enroller.model import Response
from enroller.preflight import Verdict
from enroller.preflight.clock import Moment, by_answer, by_certificate
from tests.http.servers import DAY, certificate

NOW = 1_800_000_000.0


def answer(at: float) -> Response:
    return Response(200, {"date": format_datetime(dt.datetime.fromtimestamp(at, dt.UTC), usegmt=True)})


def moments(took: float, wall: float = NOW) -> tuple[Moment, Moment]:
    return Moment(wall, 50.0), Moment(wall + took, 50.0 + took)


@pytest.mark.parametrize(
    ("service", "took", "verdict", "found"),
    [
        (NOW, 0.1, Verdict.PASSED, "This device's clock agrees with the service's, to 1 s."),
        (NOW - 3, 0.1, Verdict.PASSED, "This device's clock is 3 s ahead of the service's (to 1 s)."),
        (NOW + 3, 6.0, Verdict.PASSED, "This device's clock agrees with the service's, to 4 s."),
        (NOW + 20, 0.1, Verdict.PASSED, "This device's clock is 20 s behind the service's (to 1 s)."),
        (NOW + 3725, 0.2, Verdict.NOTED, "This device's clock is 1 h 2 min behind the service's (to 1 s)."),
        (NOW - 259_200, 2.0, Verdict.NOTED, "This device's clock is 3 d 0 h ahead of the service's (to 2 s)."),
    ],
)
def test_by_an_answer(service: float, took: float, verdict: Verdict, found: str) -> None:
    check = by_answer(answer(service), *moments(took))
    assert (check.verdict, check.found) == (verdict, found)
    assert (check.error is not None) is (verdict is Verdict.NOTED)


def test_a_clock_that_is_set_while_we_wait_changes_nothing() -> None:
    asked, _ = moments(0.0)
    check = by_answer(answer(NOW), asked, Moment(NOW + 86_400, 50.2))
    assert check.verdict is Verdict.PASSED


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_service_that_does_not_tell(headers: dict[str, str]) -> None:
    assert by_answer(Response(200, headers), *moments(0.1)).verdict is Verdict.SKIPPED


class TestByACertificate:
    """Where no answer was had, since the dates of the certificate do not fit."""

    @pytest.mark.parametrize(
        ("ahead", "verdict"),
        [(None, Verdict.SKIPPED), (3.0, Verdict.PASSED), (-9000.0, Verdict.NOTED), (3 * 86_400.0, Verdict.FAILED)],
    )
    def test_it_is_blamed_only_where_the_certificate_is_in_order_by_the_servers_clock(
        self, ahead: float | None, verdict: Verdict
    ) -> None:
        early = certificate("server", begins=2 * DAY, ends=30 * DAY).certificate
        check = by_certificate(Shown((early,), ahead), dt.datetime.now(dt.UTC).timestamp())
        assert check.verdict is verdict
        assert isinstance(check.error, errors.WrongClock) is (verdict in (Verdict.NOTED, Verdict.FAILED))
