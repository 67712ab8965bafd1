"""Keyboard, screen reader and dark windows: each page, for everybody."""

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QRadioButton,
    QScrollBar,
    QWidget,
)

from enroller.errors import KeyStoreAbsent
from enroller.gui.notice import Tone
from enroller.gui.prefill import Prefill
from enroller.model import ServiceName
from enroller.sandbox.server import Sandbox
from enroller.vault import Vault
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, newest, submits

PAGES = (
    "Enroll this device",
    "Service and server",
    "Identity of this device",
    "Key of this device",
    "Review and submit",
    "Waiting for approval",
    "This device is enrolled",
)


@pytest.fixture(params=[(service, title) for service in ServiceName for title in PAGES], ids=" ".join)
def person(
    request: pytest.FixtureRequest,
    open_window: Open,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Person:
    """Somebody at each page in turn; the key's page shows its passphrase fields, the first one a list."""
    monkeypatch.setattr(Vault, "probe_key_store", _no_key_store)
    service, title = request.param
    prefill: Prefill = request.getfixturevalue("filled" if service is ServiceName.SAFEQ_CLOUD else "filled_privicore")
    person = open_window(prefill)
    if title in PAGES[5:] or title == PAGES[0]:
        submits(person)
        if title == PAGES[0]:
            person.presses(Key.Key_Escape)
            person = open_window(prefill)
        if title == PAGES[6]:
            approves(sandbox)
    else:
        goes_to(person, title)
    if title == PAGES[3]:
        person.clicks("Sealed with a passphrase of yours")
    person.waits_for(title)
    return person


def approves(sandbox: Sandbox) -> None:
    """The one request of either service."""
    if sandbox.world.requests():
        sandbox.world.approve(newest(sandbox))
    else:
        sandbox.privicore.approve(sandbox.privicore.devices()[0].identifier)


def _no_key_store(_vault: Vault) -> str:
    raise KeyStoreAbsent


def mnemonic(words: str) -> str:
    """The letter that is pressed with Alt, or nothing."""
    at = words.replace("&&", "  ").find("&")
    return words[at + 1].lower() if at >= 0 else ""


def focusable(person: Person) -> list[QWidget]:
    """What Tab leads to."""
    return [
        each
        for each in person.seen(QWidget)
        if each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and each.isEnabled()
        and each.focusProxy() is None
        and not isinstance(each, QScrollBar)
        and each.objectName() != "qt_scrollarea_viewport"
    ]


def test_whatever_takes_the_focus_has_a_name(person: Person) -> None:
    unnamed = []
    for each in focusable(person):
        if not QAccessible.queryAccessibleInterface(each).text(QAccessible.Text.Name).strip():
            unnamed.append(each)
    assert unnamed == []


def test_the_page_and_the_step_have_names(person: Person) -> None:
    page = person.window.currentPage()
    assert person.sees(page.accessibleName())
    assert page.accessibleName() in PAGES
    assert any(each.accessibleName().startswith("Step ") for each in person.seen(QWidget))


def test_each_label_with_a_mnemonic_leads_to_a_field(person: Person) -> None:
    marked = [each for each in person.seen(QLabel) if mnemonic(each.text()) and ":" in each.text()]
    for each in marked:
        buddy = each.buddy()
        assert isinstance(buddy, QLineEdit | QComboBox), each.text()


def test_each_alt_letter_means_one_thing(person: Person) -> None:
    texts = [each.text() for each in person.seen(QAbstractButton)]
    texts += [each.text() for each in person.seen(QLabel) if each.buddy() is not None]
    letters = Counter(filter(None, map(mnemonic, texts)))
    assert {letter: count for letter, count in letters.items() if count > 1} == {}


def test_tab_goes_round_through_everything(person: Person) -> None:
    wanted = set(focusable(person))
    reached = set()
    for _ in range(2 * len(wanted) + 5):
        reached.add(person.focus)
        person.presses(Key.Key_Tab)
    # Of a group of radio buttons, Tab reaches the checked one; the arrow keys go on from there.
    missing = {each for each in wanted - reached if not isinstance(each, QRadioButton)}
    assert missing == set()


class TestDark:
    @pytest.fixture
    def dark(self, qapp: QApplication) -> Iterator[QPalette]:
        """A dark desktop's palette, until the test ends."""
        light = qapp.palette()
        dark = QPalette(QColor("#3a3d41"), QColor("#26282b"))
        for role, colour in (
            (QPalette.ColorRole.WindowText, "#f2f2f2"),
            (QPalette.ColorRole.Text, "#f2f2f2"),
            (QPalette.ColorRole.Base, "#1d1f21"),
        ):
            dark.setColor(role, QColor(colour))
        yield dark
        qapp.setPalette(light)

    def test_a_palette_that_changes_changes_the_window(
        self, open_window: Open, qapp: QApplication, dark: QPalette
    ) -> None:
        person = open_window()
        goes_to(person, "Service and server")
        person.enters("Server address", "127.0.0.1:1")
        person.clicks("Next")
        person.waits_for("connection refused")
        assert _shows(person.window.grab().toImage(), Tone.BAD.colour(qapp.palette()))
        qapp.setPalette(dark)
        person.waits_until(
            lambda: _shows(person.window.grab().toImage(), Tone.BAD.colour(dark)), "the icon in its other colour"
        )
        picture = person.window.grab().toImage()
        assert QColor(picture.pixel(picture.width() - 5, 5)).lightness() < 60

    @pytest.mark.parametrize("tone", list(Tone))
    def test_the_tones_can_be_told_from_the_ground(self, tone: Tone, qapp: QApplication, dark: QPalette) -> None:
        for palette in (qapp.palette(), dark):
            ground = palette.color(QPalette.ColorRole.Window)
            assert _contrast(tone.colour(palette), ground) >= 4.5


def _shows(picture: QImage, colour: QColor) -> bool:
    wanted = colour.rgb()
    return any(
        picture.pixel(x, y) == wanted for y in range(0, picture.height()) for x in range(190, min(260, picture.width()))
    )


def _contrast(one: QColor, other: QColor) -> float:
    """WCAG 2.2, "contrast ratio"."""

    def luminance(colour: QColor) -> float:
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
