"""A problem in place, together with what is asked for to mend it there: a root certificate, a login for the proxy."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from enroller import settings
from enroller.errors import EnrollerError, ProxyLogin, UntrustedIssuer
from enroller.gui.notice import Act, Notice, Tone, advice
from enroller.gui.page import GRID
from enroller.gui.parts import LoginRow
from enroller.gui.trust import TrustQuestion
from enroller.gui.words import Words
from enroller.model import Login, Secret
from enroller.resources import text
from enroller.text import plain

if TYPE_CHECKING:
    from enroller.gui.wizard import EnrollWizard


class Trouble(QWidget):
    """A notice and, below it, at most one question.

    `trusted`: somebody trusts a CaFile from now on. `login_given`: a Login for the proxy. `comparing`: whether somebody
    compares a fingerprint just now, for which room is needed.
    """

    trusted = Signal(object)
    login_given = Signal(object)
    comparing = Signal(bool)

    def __init__(self, wizard: "EnrollWizard") -> None:
        super().__init__()
        self._ca_file = ""
        self._said: tuple[Tone, str, str, tuple[Act, ...]] | None = None
        self.notice = Notice()
        self._login = LoginRow(text("proxy.name"), text("proxy.password"), text("proxy.use"))
        self._login.given.connect(self._login_given)
        self._question = TrustQuestion(wizard)
        self._question.opened.connect(self._opened)
        self._question.trusted.connect(self._trusted)
        self._question.refused.connect(self._refused)
        self._question.left.connect(self._left)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        for part in (self.notice, self._login, self._question):
            column.addWidget(part)

    def say(self, tone: Tone, what: str, what_to_do: str = "", *acts: Act) -> None:
        """Shows a notice in which nothing is asked; see `Notice.say`."""
        self._end_login()
        self._show(tone, what, what_to_do, acts)

    def error(self, problem: EnrollerError, words: Words, *acts: Act, tone: Tone = Tone.BAD, more: str = "") -> None:
        """Shows a problem, and asks for what mends it; `acts`: what can be done besides. `more`: said behind it."""
        what, to_do = f"{problem.message} {more}" if more else problem.message, advice(problem, words)
        if isinstance(problem, UntrustedIssuer):
            ca_file = settings.current()["ca_file"]
            if ca_file.locked:
                to_do = text("trust.locked", where=plain(ca_file.where, 200))
            else:
                acts = (Act(text("trust.import"), self.choose), *acts)
        if not isinstance(problem, ProxyLogin):
            self._end_login()
        self._show(tone, what, to_do, acts)
        if isinstance(problem, ProxyLogin):
            self._login.ask()

    def choose(self, before: str = "") -> None:
        """Lets the technician choose a CA file, and asks whether it can be trusted. `before`: the one there was."""
        self._question.choose(before)

    @property
    def is_comparing(self) -> bool:
        """Whether somebody is asked to compare a fingerprint."""
        return not self._question.isHidden()

    def calm(self) -> None:
        """Nothing is wrong just now; what somebody is in the middle of answering stays."""
        self._said = None
        self._end_login()
        self.notice.clear()

    def clear(self) -> None:
        """Nothing is wrong any more, and nothing is asked."""
        self._said = None
        self._login.done()
        self.notice.clear()
        if not self._question.isHidden():
            self._question.close_question()
            self.comparing.emit(False)

    def _show(self, tone: Tone, what: str, what_to_do: str, acts: tuple[Act, ...]) -> None:
        self._said = tone, what, what_to_do, acts
        if self._question.isHidden():  # who compares a fingerprint is not disturbed
            self.notice.say(tone, what, what_to_do, *acts)

    def _opened(self) -> None:
        self.notice.clear()
        self.comparing.emit(True)

    def _end_login(self) -> None:
        if not self._login.is_begun:
            self._login.done()

    def _left(self) -> None:
        self.comparing.emit(False)
        if self._said is not None:
            tone, what, what_to_do, acts = self._said
            self.notice.say(tone, what, what_to_do, *acts)

    def _trusted(self, found: object) -> None:
        self._said = None
        self.comparing.emit(False)
        self.trusted.emit(found)

    def _refused(self, error: EnrollerError) -> None:
        """The file is none that can be trusted; another one can be chosen."""
        self.comparing.emit(False)
        self.notice.say(Tone.BAD, error.message, error.advice, Act(text("trust.import"), self.choose))

    def _login_given(self, name: str, password: str) -> None:
        self.notice.clear()
        self.login_given.emit(Login(name, Secret(password)))
