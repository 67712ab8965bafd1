"""What is said over a push channel."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enroller.model import Secret
from enroller.push.wire import join, joined, leave


def test_the_request_to_join() -> None:
    assert json.loads(join(Secret("a-token"), "7f3c")) == {
        "action": "joinChannel",
        "data": {"authorizationToken": "a-token", "correlationId": "7f3c"},
    }


@pytest.mark.parametrize("channel", ["c-1", 17])
def test_the_farewell_repeats_the_channels_name(channel: str | int) -> None:
    assert json.loads(leave(channel)) == {"action": "leaveChannel", "data": {"channelId": channel}}


@pytest.mark.parametrize(
    ("message", "channel"),
    [
        ('{"status":200,"data":{"channelId":"c-1"}}', "c-1"),
        ('{"status":200,"data":{"channelId":17}}', 17),
        ('{"status":200,"correlationId":"7f3c","data":{"channelId":"c-1"}}', "c-1"),
        ('{"status":200,"data":{"channelId":"c-1","correlationId":"7f3c"}}', "c-1"),
        ('{"status":200,"correlationId":null,"data":{"channelId":"c-1"}}', "c-1"),
    ],
)
def test_an_answer_with_our_correlation_id_or_without(message: str, channel: str | int) -> None:
    assert joined(message.encode(), "7f3c") == channel


@pytest.mark.parametrize(
    "message",
    [
        '{"status":200,"correlationId":"other","data":{"channelId":"c-1"}}',
        '{"status":200,"data":{"channelId":"c-1","correlationId":"other"}}',
        '{"status":401,"correlationId":"7f3c","data":{"channelId":"c-1"}}',
        '{"status":200,"data":{}}',
        '{"status":200,"data":{"channelId":""}}',
        '{"status":200,"data":{"channelId":null}}',
        '{"status":200,"data":{"channelId":true}}',
        '{"status":200,"data":["channelId"]}',
        '{"status":200}',
        '{"data":{"type":"X-DPT-CAB-ID","id":"1","command_status":2,"body":""}}',
        "[]",
        "200",
        "",
        "joined",
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_answer_to_us(message: str) -> None:
    assert joined(message.encode(), "7f3c") is None


@given(st.binary(max_size=60))
def test_no_message_breaks_it(message: bytes) -> None:
    assert joined(message, "7f3c") is None
