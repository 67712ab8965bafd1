"""Leaving and closing: at once, for good where it is meant, and without a trace."""

import threading
import time

import pytest

from enroller.http import LARGEST_ANSWER
from enroller.model import Via
from enroller.push import Patience, Push
from tests.http.servers import reset
from tests.push.conftest import NEVER_AGAIN, TOKEN, Listen, Serve
from tests.push.servers import PushServer, deaf_after_join, joined


class TestLeaving:
    def test_leaves_the_channel_and_says_farewell(self, server: PushServer, listener: Listen) -> None:
        server.answers = lambda own: [joined(own, channel=17)]
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        assert not one.push.listen(None)
        assert server.leaves.get(timeout=5) == {"channelId": 17}
        assert server.ends.get(timeout=5) == 1000  # RFC 6455, section 7.4.1
        assert one.changed.empty(), "who leaves has lost nothing"

    def test_until_somebody_listens_again(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        assert not one.push.listen(None)
        assert one.push.listen(TOKEN)
        server.joins.get(timeout=5)
        server.joins.get(timeout=5).say("again")
        assert one.hears() == "again"

    def test_before_anybody_has_listened(self, listener: Listen) -> None:
        assert not listener("wss://127.0.0.1:1").push.listen(None)

    def test_a_server_that_hangs_holds_nobody(self, serve: Serve, listener: Listen) -> None:
        one = listener(serve(deaf_after_join))
        assert one.push.listen(TOKEN)
        begun = time.monotonic()
        assert not one.push.listen(None)
        one.push.close()
        assert time.monotonic() - begun < 0.5


class TestClosing:
    def test_leaves_no_thread_behind(self, serve: Serve, listener: Listen) -> None:
        url, before = serve(deaf_after_join), set(threading.enumerate())
        one = listener(url)
        assert one.push.listen(TOKEN)
        ours = [thread for thread in set(threading.enumerate()) - before if "talk" not in thread.name]
        assert [thread.name for thread in ours] == ["push"]
        one.push.close()
        begun = time.monotonic()
        for thread in ours:
            thread.join(5)
        assert time.monotonic() - begun < 2
        assert not any(thread.is_alive() for thread in ours)

    def test_ends_a_pause_at_once(self, serve: Serve, listener: Listen) -> None:
        one = listener(serve(reset), patience=NEVER_AGAIN)
        assert not one.push.listen(TOKEN)
        (thread,) = (thread for thread in threading.enumerate() if thread.name == "push")
        one.push.close()
        thread.join(1)
        assert not thread.is_alive()

    def test_ends_the_wait_of_who_listens(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url, patience=Patience(joining=3600.0))

        def unanswered(_: str) -> list[str]:
            one.push.close()
            return []

        server.answers = unanswered
        assert not one.push.listen(TOKEN)

    def test_waits_for_what_is_being_told(self, plain_server: PushServer) -> None:
        telling, told = threading.Event(), threading.Event()
        order: list[str] = []

        def heard(_: bytes) -> None:
            telling.set()
            told.wait(5)
            order.append("told")

        def close() -> None:
            push.close()
            order.append("closed")

        push = Push(plain_server.url, via=Via(), heard=heard, changed=lambda: None)
        plain_server.answers = lambda own: ["a message", joined(own)]
        threading.Thread(target=push.listen, args=(TOKEN,), daemon=True).start()
        assert telling.wait(5)
        closing = threading.Thread(target=close, daemon=True)
        closing.start()
        closing.join(0.1)
        told.set()
        closing.join(5)
        assert order == ["told", "closed"]

    def test_nothing_is_told_afterwards(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        assert one.push.listen(TOKEN)
        join = server.joins.get(timeout=5)
        for number in range(1000):
            join.say(str(number))
        one.hears()
        one.push.close()
        told = one.heard.qsize()
        assert server.ends.get(timeout=5)
        assert one.heard.qsize() == told
        assert one.changed.empty()

    def test_is_for_good_and_may_be_repeated(self, server: PushServer, listener: Listen) -> None:
        one = listener(server.url)
        one.push.close()
        one.push.close()
        assert not one.push.listen(TOKEN)
        assert server.joins.empty()


class TestSecrecy:
    def test_the_token_is_in_no_log_and_no_repr(
        self,
        server: PushServer,
        listener: Listen,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        with caplog.at_level("DEBUG"):
            one = listener(server.url)
            assert one.push.listen(TOKEN)
            server.joins.get(timeout=5).say("x" * (LARGEST_ANSWER + 1))
            assert one.is_told_of_a_change()
            one.push.close()
        assert caplog.text == ""
        assert capfd.readouterr() == ("", "")
        assert TOKEN.reveal() not in repr(vars(one.push))
