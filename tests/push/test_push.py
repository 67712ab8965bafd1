"""Listening: joined before a command, joined anew after a loss, and never in anybody's way."""

import json
import socket
import threading
import time
from itertools import pairwise
from queue import Empty, Queue

import pytest

from enroller.http import LARGEST_ANSWER, USER_AGENT
from enroller.model import Secret
from enroller.push import Patience
from tests.http.servers import Handler, answering, hang, reset
from tests.push.conftest import NEVER_AGAIN, TOKEN, Listen, Serve
from tests.push.servers import (
    Answers,
    PushServer,
    answering_pings,
    deaf_after_join,
    echoing,
    joined,
    one_after_another,
    outcome,
    silent_in_a_record,
)

OTHER = Secret("another-token-for-tests")


class TestJoining:
    @pytest.mark.parametrize(
        "answers",
        [
            echoing,
            lambda _: [joined(None)],
            lambda own: [joined("somebody else's"), joined(own)],
            lambda own: ["no JSON", outcome("early"), joined(own)],
        ],
        ids=["echoed", "bare", "after a stranger's", "after other messages"],
    )
    def test_is_joined_before_the_command(self, answers: Answers, server: PushServer, listener: Listen) -> None:
        server.answers = answers
        assert listener(server.url).push.listen(TOKEN)
        join = server.joins.get(timeout=5)
        assert join.data["authorizationToken"] == TOKEN.reveal()
        assert join.data["correlationId"]

    def test_each_join_has_a_correlation_id_of_its_own(self, server: PushServer, listener: Listen) -> None:
        for one in (listener(server.url), listener(server.url)):
            assert one.push.listen(TOKEN)
        first, second = server.joins.get(timeout=5), server.joins.get(timeout=5)
        assert first.data["correlationId"] != second.data["correlationId"]

    def test_says_who_it_is_and_asks_for_no_compression(self, server: PushServer, listener: Listen) -> None:
        assert listener(server.url).push.listen(TOKEN)
        headers = server.joins.get(timeout=5).request.headers
        assert headers["User-Agent"] == USER_AGENT
        assert "Sec-WebSocket-Extensions" not in headers
        assert not any(TOKEN.reveal() in value for value in headers.values())

    def test_costs_nothing_while_it_is_joined(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        begun = time.monotonic()
        assert all(one.push.listen(Secret(TOKEN.reveal())) for _ in range(100))
        assert time.monotonic() - begun < 1
        server.joins.get(timeout=5)
        with pytest.raises(Empty):
            server.joins.get_nowait()

    def test_with_another_token_it_joins_again(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        assert one.push.listen(OTHER)
        assert [server.joins.get(timeout=5).data["authorizationToken"] for _ in range(2)] == [
            TOKEN.reveal(),
            OTHER.reveal(),
        ]
        assert server.leaves.get(timeout=5) == {"channelId": "channel-1"}
        assert one.is_told_of_a_change(), "there was a gap between the two"

    def test_gives_up_where_nobody_answers_the_join(self, server: PushServer, listener: Listen) -> None:
        server.answers = lambda _: []
        begun = time.monotonic()
        assert not listener(server.url, patience=NEVER_AGAIN).push.listen(TOKEN)
        assert NEVER_AGAIN.joining * 0.9 < time.monotonic() - begun < NEVER_AGAIN.joining + 2

    def test_another_ones_answer_is_not_ours(self, server: PushServer, listener: Listen) -> None:
        server.answers = lambda _: [joined("somebody else's")]
        one = listener(server.url, patience=NEVER_AGAIN)
        assert not one.push.listen(TOKEN)
        assert "somebody else's" in one.hears()

    def test_without_tls_on_loopback(self, plain_server: PushServer, listener: Listen) -> None:
        assert listener(plain_server.url).push.listen(TOKEN)

    def test_how_long_what_may_take(self) -> None:
        assert Patience() == Patience(opening=5.0, joining=3.0, keepalive=20.0, pauses=(1.0, 2.0, 4.0, 8.0, 16.0, 30.0))


class TestHearing:
    def test_what_comes_while_joining_is_not_lost(self, server: PushServer, listener: Listen) -> None:
        server.answers = lambda own: [outcome("before"), joined(own), outcome("after")]
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        assert [json.loads(one.hears())["data"]["id"] for _ in range(2)] == ["before", "after"]

    def test_text_and_binary_in_their_order(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        join = server.joins.get(timeout=5)
        for message in ("ünd", b"\x00\xff", outcome("c-1")):
            join.say(message)
        assert [one.heard.get(timeout=5) for _ in range(3)] == ["ünd".encode(), b"\x00\xff", outcome("c-1").encode()]
        assert one.changed.empty()

    def test_as_large_as_an_answer_may_be(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        server.joins.get(timeout=5).say("x" * LARGEST_ANSWER)
        assert len(one.hears()) == LARGEST_ANSWER

    def test_what_comes_in_fragments_is_one_message(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        join = server.joins.get(timeout=5)
        join.say(["one ", "", "message"])
        join.say("another")
        assert [one.hears(), one.hears()] == ["one message", "another"]

    def test_a_last_word_is_heard(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url, patience=NEVER_AGAIN)
        assert one.push.listen(TOKEN)
        join = server.joins.get(timeout=5)
        join.say(outcome("c-1"))
        join.connection.close()
        assert one.hears() == outcome("c-1")
        assert one.is_told_of_a_change()

    @pytest.mark.parametrize("parts", [1, 2])
    def test_what_is_larger_ends_the_connection(self, parts: int, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        part = "x" * (LARGEST_ANSWER // parts + 1)
        server.joins.get(timeout=5).say([part] * parts if parts > 1 else part)
        assert one.is_told_of_a_change()
        # RFC 6455, section 7.4.1; or cut off, where the system drops our farewell with what nobody read
        assert server.ends.get(timeout=5) in (1009, 1006)
        assert one.heard.empty()


class TestLoss:
    @pytest.mark.parametrize("how", ["reset", "closed"])
    def test_joins_anew_and_says_so_both_times(self, how: str, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        join = server.joins.get(timeout=5)
        if how == "reset":
            join.drop()
        else:
            join.connection.close()
        assert one.is_told_of_a_change()
        assert one.is_told_of_a_change()
        again = server.joins.get(timeout=5)
        assert again.data["authorizationToken"] == TOKEN.reveal()
        assert again.data["correlationId"] != join.data["correlationId"]
        again.say(outcome("c-1"))
        assert one.hears() == outcome("c-1")
        assert one.changed.empty()

    def test_a_loss_is_not_taken_for_joined(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url, patience=NEVER_AGAIN)
        assert one.push.listen(TOKEN)
        server.joins.get(timeout=5).drop()
        assert one.is_told_of_a_change()
        begun = time.monotonic()
        assert not one.push.listen(TOKEN), "it is joined again in the background"
        assert time.monotonic() - begun < 1, "and nobody waits for that"

    @pytest.mark.parametrize("handler", [deaf_after_join, silent_in_a_record])
    def test_a_server_that_no_longer_answers_pings_is_lost(
        self, handler: Handler, serve: Serve, listener: Listen
    ) -> None:
        one = listener(serve(handler), patience=Patience(keepalive=0.1, pauses=(3600.0,)))
        assert one.push.listen(TOKEN)
        assert one.is_told_of_a_change()

    def test_one_that_answers_them_may_be_silent(self, serve: Serve, listener: Listen) -> None:
        pings: Queue[None] = Queue()
        one = listener(serve(answering_pings(pings)), patience=Patience(keepalive=0.1, pauses=(3600.0,)))
        assert one.push.listen(TOKEN)
        for _ in range(4):
            pings.get(timeout=5)
        assert one.changed.empty()

    def test_the_pauses_grow_and_the_last_one_stays(self, serve: Serve, listener: Listen) -> None:
        tried: list[float] = []

        def refuse(_: socket.socket) -> None:
            tried.append(time.monotonic())
            if len(tried) == 5:
                enough.set()

        enough = threading.Event()
        one = listener(serve(refuse, tls=False), patience=Patience(pauses=(0.0, 0.1, 0.2)))
        assert not one.push.listen(TOKEN)
        assert enough.wait(10)
        gaps = [later - earlier for earlier, later in pairwise(tried)]
        assert all(gap >= least for gap, least in zip(gaps, (0.0, 0.1, 0.2, 0.2), strict=True))


class TestNoChannel:
    """Without one there is polling: `listen` says no, soon, and goes on trying."""

    @pytest.mark.parametrize(
        "handler",
        [
            reset,
            lambda _: None,
            answering(b"", "403 Forbidden"),
            answering(b"", "503 Service Unavailable"),
            answering(b"<html>", "200 OK"),
        ],
        ids=["reset", "end", "403", "503", "a page"],
    )
    def test_refused(self, handler: Handler, serve: Serve, listener: Listen) -> None:
        begun = time.monotonic()
        assert not listener(serve(handler), patience=Patience()).push.listen(TOKEN)
        assert time.monotonic() - begun < 2

    def test_nobody_there(self, listener: Listen) -> None:
        assert not listener("wss://127.0.0.1:1").push.listen(TOKEN)

    def test_no_such_name(self, listener: Listen) -> None:
        assert not listener("wss://cab.invalid", patience=NEVER_AGAIN).push.listen(TOKEN)

    def test_no_tls_there(self, serve: Serve, listener: Listen) -> None:
        assert not listener(serve(lambda connection: connection.sendall(b"220 smtp\r\n"), tls=False)).push.listen(TOKEN)

    @pytest.mark.parametrize("tls", [True, False], ids=["in the handshake", "in TLS"])
    def test_a_server_that_hangs(self, tls: bool, serve: Serve, listener: Listen) -> None:
        patience, begun = Patience(opening=0.3, joining=0.3, pauses=(3600.0,)), time.monotonic()
        assert not listener(serve(hang, tls=tls), patience=patience).push.listen(TOKEN)
        assert time.monotonic() - begun < 2

    def test_no_certificate_of_ours(self, server: PushServer, listener: Listen) -> None:
        assert not listener(server.url, ca_pem=None, patience=NEVER_AGAIN).push.listen(TOKEN)
        assert server.joins.empty()

    def test_no_redirect_is_followed(self, server: PushServer, serve: Serve, listener: Listen) -> None:
        elsewhere = serve(answering(b"", "302 Found", f"Location: {server.url}"))
        assert not listener(elsewhere, patience=NEVER_AGAIN).push.listen(TOKEN)
        assert server.joins.empty()

    def test_one_that_comes_later_is_joined_and_said(self, server: PushServer, listener: Listen) -> None:
        said: list[str] = []

        def at_the_second_time(correlation: str) -> list[str]:
            said.append(correlation)
            return [joined(correlation)] if len(said) == 2 else []

        server.answers = at_the_second_time
        one = listener(server.url)
        assert not one.push.listen(TOKEN)
        assert one.is_told_of_a_change()
        assert one.push.listen(TOKEN)

    def test_nobody_waits_for_a_second_attempt(self, serve: Serve, listener: Listen) -> None:
        """Else each question that takes the channel's place would come late."""
        one = listener(serve(one_after_another(reset, deaf_after_join)), patience=NEVER_AGAIN)
        assert not one.push.listen(TOKEN)
        assert not one.push.listen(TOKEN)

    def test_who_begins_to_listen_anew_does_not_wait_for_the_pause(self, serve: Serve, listener: Listen) -> None:
        one = listener(serve(one_after_another(reset, deaf_after_join)), patience=NEVER_AGAIN)
        assert not one.push.listen(TOKEN)
        assert not one.push.listen(None)
        assert one.push.listen(TOKEN)

    def test_who_begins_to_listen_anew_has_missed_nothing(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        for _ in range(2):
            assert one.push.listen(TOKEN)
            assert not one.push.listen(None)
        assert one.changed.empty()
