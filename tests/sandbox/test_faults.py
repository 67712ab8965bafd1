"""Which request meets which fault, and what is left of its answer."""

import json
from email.utils import parsedate_to_datetime

import pytest

from enroller.model import Response
from enroller.sandbox.faults import SAFEQ, STRANGER, Fault, Faults, Injection, Where, afterwards, instead
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.world import World

NOW = 1_800_000_000.0
ANSWER = Response(200, {"content-type": "application/json"}, b'{"device_code":"c","state":"n","expires_in":60}')


def met(faults: Faults, *endpoints: str) -> list[str | None]:
    taken = [faults.take(endpoint) for endpoint in endpoints]
    return [injection.fault.value if injection else None for injection in taken]


class TestTheQueue:
    def test_counts_the_requests_it_strikes(self) -> None:
        faults = Faults(SAFEQ)
        faults.add(Fault.HANG, Where.TOKEN, 2, None)
        assert met(faults, "token", "register", "token", "token") == ["hang", None, "hang", None]

    def test_uses_up_the_oldest_first(self) -> None:
        faults = Faults(SAFEQ)
        faults.add(Fault.RESET, Where.ANY, 1, None)
        faults.add(Fault.HANG, Where.ANY, 1, None)
        assert met(faults, "token", "token", "token") == ["reset", "hang", None]

    def test_goes_on_until_cleared_where_there_is_no_count(self) -> None:
        faults = Faults(SAFEQ)
        faults.add(Fault.RESET, Where.ANY, None, None)
        assert met(faults, *["token"] * 5) == ["reset"] * 5
        faults.clear()
        assert met(faults, "token") == [None]

    def test_keeps_a_forged_state_for_a_registration(self) -> None:
        faults = Faults(SAFEQ)
        faults.add(Fault.WRONG_STATE, Where.ANY, 1, None)
        assert met(faults, "token", "register") == [None, "wrong_state"]

    @pytest.mark.parametrize(
        ("fault", "path", "count", "seconds"),
        [
            ("fire", "any", 1, None),
            ("hang", "moon", 1, None),
            ("hang", "any", 0, None),
            ("hang", "any", 1, -1.0),
            ("hang", "authenticate", 1, None),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, world: World, fault: str, path: str, count: int, seconds: float | None
    ) -> None:
        with pytest.raises(ValueError, match=r"."):
            world.inject(fault, count, path, seconds)
        assert world.faults() == []

    def test_has_only_what_the_service_can_have(self, privicore: PrivicoreWorld) -> None:
        privicore.inject("hang", path="authenticate")
        for fault, path in (("hang", "register"), ("slow_down", "any"), ("wrong_state", "any")):
            with pytest.raises(ValueError, match="this service"):
                privicore.inject(fault, path=path)
        assert len(privicore.faults()) == 1


class TestAnotherAnswer:
    def answer(self, fault: Fault, seconds: float = 0.0) -> Response:
        answer = instead(Injection(fault, seconds=seconds), NOW)
        assert answer is not None
        return answer

    def test_of_an_overloaded_service(self) -> None:
        assert self.answer(Fault.SERVER_ERROR).status == 503

    def test_that_asks_for_patience_in_seconds(self) -> None:
        answer = self.answer(Fault.RETRY_AFTER, 7)
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")

    def test_that_asks_for_patience_until_a_date(self) -> None:
        answer = self.answer(Fault.RETRY_AFTER_DATE, 7)
        assert answer.status == 429
        assert answer.headers["retry-after"].endswith(" GMT")
        assert parsedate_to_datetime(answer.headers["retry-after"]).timestamp() == NOW + 7

    def test_that_asks_to_slow_down(self) -> None:
        answer = self.answer(Fault.SLOW_DOWN)
        assert (answer.status, json.loads(answer.body)["error"]) == (400, "slow_down")

    def test_of_a_guest_network(self) -> None:
        answer = self.answer(Fault.LOGIN_PAGE)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.body.startswith(b"<")

    def test_that_sends_elsewhere(self) -> None:
        answer = self.answer(Fault.REDIRECT)
        assert (answer.status, answer.headers["location"]) == (302, STRANGER)


class TestAHurtAnswer:
    def test_ends_in_the_middle_of_its_json(self) -> None:
        body = afterwards(Injection(Fault.BROKEN_JSON), ANSWER).body
        assert ANSWER.body.startswith(body)
        with pytest.raises(ValueError, match=r"."):
            json.loads(body)

    def test_is_correct_but_huge(self) -> None:
        body = afterwards(Injection(Fault.HUGE), ANSWER).body
        assert len(body) > 256 * 1024
        assert json.loads(body)["device_code"] == "c"

    def test_carries_a_nonce_that_nobody_sent(self) -> None:
        forged = json.loads(afterwards(Injection(Fault.WRONG_STATE), ANSWER).body)
        assert forged["state"] != "n"
        assert forged["device_code"] == "c"

    def test_is_a_refusal_as_it_was_where_there_is_no_nonce(self) -> None:
        refusal = Response(400, {}, b'{"error":"invalid_request"}')
        assert afterwards(Injection(Fault.WRONG_STATE), refusal) == refusal


def test_every_fault_has_exactly_one_kind() -> None:
    on_the_way = {Fault.LATENCY, Fault.SLOW_DRIP, Fault.CUT_OFF, Fault.LOST_ANSWER}
    nobody_answers = {Fault.RESET, Fault.HANG}
    another = {fault for fault in Fault if instead(Injection(fault), NOW)}
    hurt = {fault for fault in Fault if afterwards(Injection(fault), ANSWER) != ANSWER}
    kinds = [on_the_way, nobody_answers, another, hurt]
    assert sum(map(len, kinds)) == len(Fault)
    assert set().union(*kinds) == set(Fault)
