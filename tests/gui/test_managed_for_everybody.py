"""Keyboard, screen reader and room: the states that settings and presets bring."""

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QLabel, QRadioButton

from enroller.gui.prefill import Prefill
from enroller.model import Secret, ServiceName
from enroller.preset import parse, seal
from enroller.preset.content import sum_of
from enroller.sandbox.server import Sandbox
from tests.gui.person import Key, Person
from tests.gui.stories import Open, goes_to, with_asked
from tests.gui.test_for_everybody import focusable, mnemonic
from tests.gui.test_layout import cut_off
from tests.settings.conftest import Write, site

__all__ = ["site"]

PAGES = ("Service and server", "Identity of this device", "Key of this device")
LONG = "The laptop at the reception desk on the second floor, left of the lifts"

STATES = [*((service, title) for service in ServiceName for title in PAGES)]
OTHERS = ("question", "question of Privicore", "trusted and overruled", "broken settings", "sealed")


@pytest.fixture(params=[*STATES, *((None, other) for other in OTHERS)], ids=lambda state: f"{state[0]} {state[1]}")
def person(request: pytest.FixtureRequest, open_window: Open, site: Write, sandbox: Sandbox, filled: Prefill) -> Person:
    """Somebody at each of them in turn."""
    service, what = request.param
    if service is not None:
        prefill: Prefill = request.getfixturevalue(
            "filled" if service is ServiceName.SAFEQ_CLOUD else "filled_privicore"
        )
        site(
            f'service = "{service}"\nserver = "{prefill.asked.server}"\nclient_type = "chrome_extension"\n'
            f'description = "{LONG}"\nkey_type = "x509"\nrsa_bits = 2048\nprotect = "passphrase"\n'
            f'proxy = "direct"\nca_file = "{sandbox.ca_file}"\nlocked = true'
        )
        person = open_window(prefill)
        goes_to(person, what)
        return person
    if what == "sealed":
        inside = seal.sealed(Secret("a-key"), Secret("correct horse battery"), sandbox.url)
        preset = parse(f'server = "{sandbox.url}"\nsealed_api_key = "{inside}"', Path("/tmp/x.enroll"))
        person = open_window(Prefill(with_asked(filled, description=LONG).asked, sealed=preset))
        goes_to(person, "Identity of this device")
        person.enters("Passphrase", "another")
        person.clicks("Next")
        person.waits_for("does not open")
        return person
    if what == "broken settings":
        site("server = ")
        return open_window()
    site('server = "acme.example"\nclient_type = "printer"\nlocked = true')
    person = open_window()
    person.window.start_page.offer(parse(_longest(ServiceName.PRIVICORE if "Privi" in what else None), _path()))
    if what.startswith("trusted"):
        person.clicks("Use it")
    return person


def _path() -> Path:
    return Path("/home/kim", *("Downloads of the reception",) * 6, "reception.enroll")


def _longest(service: ServiceName | None) -> str:
    """A preset that says all that it can."""
    covered = sum_of(__file__)  # any file will do
    common = (
        f'server = "evil.example"\ndescription = "{LONG}"\nca_file = "{__file__}"\nca_sha256 = "{covered}"\n'
        'protect = "file"\npoll_interval = 7\n'
    )
    if service is ServiceName.PRIVICORE:
        return common + (
            'service = "privicore"\ndevice_name = "laptop-at-the-reception-desk-on-the-second-floor"\n'
            'username = "kim"\nwebsocket_url = "wss://cab.acme.example:8083"\nreplace_profile_key = true'
        )
    sealed = seal.sealed(Secret("a-key"), Secret("correct horse battery"), "evil.example", covered)
    return common + (
        'client_id = "5b0f2f3e-8f2b-4c3f-9d35-6a1f3c1e7d21"\nclient_type = "server"\nkey_type = "rsa"\n'
        f'rsa_bits = 4096\nsealed_api_key = "{sealed}"'
    )


def test_everybody_can_use_it(person: Person) -> None:
    """In one test, since getting there is what takes the time."""
    nameless = [
        each
        for each in focusable(person)
        if not QAccessible.queryAccessibleInterface(each).text(QAccessible.Text.Name).strip()
    ]
    assert nameless == []
    texts = [each.text() for each in person.seen(QAbstractButton)]
    texts += [each.text() for each in person.seen(QLabel) if each.buddy() is not None]
    letters = Counter(filter(None, map(mnemonic, texts)))
    assert {letter: count for letter, count in letters.items() if count > 1} == {}
    wanted, reached = set(focusable(person)), set()
    for _ in range(2 * len(wanted) + 5):
        reached.add(person.focus)
        person.presses(Key.Key_Tab)
    assert {each for each in wanted - reached if not isinstance(each, QRadioButton)} == set()
    person.waits_until(lambda: not cut_off(person), f"everything to fit: {cut_off(person)}")
