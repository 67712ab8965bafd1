"""What the tests of the session share: how to begin, what goes wrong, and how to read a step."""

from enroller import errors
from enroller.model import Response
from enroller.steps import End, Send, Started, Step, Wait
from tests.fakes import Talk, an_enrollment, form, is_signed, waiting

NO_CONNECTION = errors.ConnectionFailed("refused")
CUT_OFF = errors.ConnectionLost("reset")
BUSY = Response(503, {"content-type": "text/plain"}, b"Service Unavailable")
LOGIN = Response(200, {"content-type": "text/html"}, b"<html>Sign in</html>")


def ended(step: Step) -> errors.EnrollerError | None:
    assert isinstance(step.action, End)
    return step.action.error


def until(step: Step) -> float:
    assert isinstance(step.action, Wait)
    assert step.action.until is not None
    return step.action.until - step.snapshot.at.boot


def sent(step: Step) -> tuple[str, dict[str, str], bool]:
    """The endpoint, the parameters, and whether it is signed."""
    assert isinstance(step.action, Send)
    request = step.action.request
    return request.url.rpartition("/")[2], form(request), is_signed(request)


def submitted(**asked: object) -> Talk:
    talk = Talk(an_enrollment(**asked))
    talk.on(Started())
    return talk


def polling(**changes: object) -> Talk:
    """A session with a poll under way."""
    talk = Talk(waiting(**changes))
    talk.on(Started())
    return talk
