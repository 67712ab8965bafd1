"""Privicore's part of the administrator's page in a real browser."""

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from enroller.sandbox.faults import NOT_PRIVICORE, PRIVICORE, Fault, Where
from enroller.sandbox.privicore.shapes import CommandStatus, choices
from enroller.sandbox.privicore.values import DeviceState
from enroller.sandbox.privicore.world import PrivicoreWorld
from enroller.sandbox.server import Sandbox
from tests.sandbox.page import NEEDS_BROWSER, Page
from tests.sandbox.privicore.client import USERNAME, Client, new_key

pytestmark = NEEDS_BROWSER


@pytest.fixture
def page(driver: webdriver.Chrome, fresh: Sandbox) -> Page:
    page = Page(driver, fresh, "privicore")
    page.open()
    return page


@pytest.fixture
def world(fresh: Sandbox) -> PrivicoreWorld:
    """The profile has a key, so that its devices can be approved."""
    fresh.privicore.set_public_key(None, new_key())
    return fresh.privicore


@pytest.fixture
def owner(world: PrivicoreWorld) -> Client:
    return Client(world)


def test_says_where_the_service_is_and_whose(page: Page, world: PrivicoreWorld) -> None:
    assert page.fact("url") == page.sandbox.privicore_url
    assert page.fact("websocket_url") == page.sandbox.websocket_url
    assert page.fact("username") == USERNAME
    assert page.fact("listening") == "0 WebSocket connections"
    assert page.one(".none").text.startswith("No device has asked yet.")
    page.until(lambda: page.fact("key").startswith("SHA256:"))


def test_a_device_appears_by_itself_with_what_the_owner_compares(page: Page, world: PrivicoreWorld) -> None:
    identifier = Client(world).new_device("Reception")
    page.until(page.rows)
    [row], [seen] = page.rows(), world.devices()
    assert row.find_element(By.TAG_NAME, "h3").text == "Reception"
    assert row.find_element(By.CSS_SELECTOR, ".fingerprint code").text == seen.fingerprint
    assert row.find_element(By.CSS_SELECTOR, ".spoken strong").text == seen.spoken
    for words in (identifier, USERNAME, "Pending"):
        assert words in row.text
    assert "Decided" not in row.text
    assert page.one(".waiting").text == "1 waiting for you"
    assert page.tab("privicore").accessible_name == "Privicore, 1 waiting"
    assert page.driver.find_element(By.ID, "news").get_property("textContent") == "New device Reception"


def test_approves_by_keyboard_alone_and_then_removes(page: Page, world: PrivicoreWorld, owner: Client) -> None:
    owner.new_device()
    page.until(page.rows)
    [row] = page.rows()
    assert page.buttons(row) == ["Approve", "Reject"]
    page.tab_to(page.button(row, "Approve"))
    page.focused().send_keys(Keys.ENTER)
    page.until(lambda: page.badges() == ["Approved"])
    assert page.focused() == row.find_element(By.TAG_NAME, "h3")
    assert world.devices()[0].state is DeviceState.APPROVED
    assert page.buttons(row) == ["Remove"]
    page.button(row, "Remove").click()
    page.until(lambda: page.badges() == ["Removed"])
    assert owner.names() == []
    assert page.buttons(row) == []
    assert "Decided" in row.text


def test_rejects(page: Page, world: PrivicoreWorld, owner: Client) -> None:
    owner.new_device()
    page.until(page.rows)
    page.button(page.rows()[0], "Reject").click()
    page.until(lambda: page.badges() == ["Rejected"])
    assert world.devices()[0].state is DeviceState.REJECTED


def test_says_why_a_device_cannot_be_approved_yet(page: Page, world: PrivicoreWorld, owner: Client) -> None:
    world.set_public_key(None, None)
    owner.new_device()
    page.until(page.rows)
    [row] = page.rows()
    assert "none yet; approval needs one" in row.text
    page.button(row, "Approve").click()
    page.until(lambda: page.text("trouble") == "The profile has no registered public key.")
    [complaint] = page.driver.get_log("browser")  # type: ignore[no-untyped-call]
    assert "409" in complaint["message"], "the browser itself notes the refused request"


def test_a_newer_device_goes_on_top_and_takes_no_focus(page: Page, owner: Client) -> None:
    owner.new_device("older")
    page.until(page.rows)
    approve = page.button(page.rows()[0], "Approve")
    page.tab_to(approve)
    owner.new_device("newer")
    page.until(lambda: page.titles() == ["newer", "older"])
    assert page.focused() == approve
    assert approve.accessible_name == "Approve older"


def test_what_a_device_calls_itself_is_text(page: Page, owner: Client) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\">"
    identifier = owner.new_device(hostile)
    owner.done("/device/configure-meta", deviceIdentifier=identifier, name=hostile + "2")
    page.until(lambda: page.titles() == [hostile + "2"])
    [row] = page.rows()
    assert hostile in row.text
    assert row.find_elements(By.CSS_SELECTOR, "img, script") == []
    assert "owned" not in page.driver.title


def test_sets_a_shape_and_tells_how_many_are_unusual(page: Page, world: PrivicoreWorld) -> None:
    summary = page.one("summary")
    assert summary.text == "All usual"
    summary.click()
    for name, kind in choices().items():
        select = Select(page.one(f"[data-shape={name}]"))
        assert [option.text for option in select.options] == list(kind)
    page.choose("[data-shape=status]", "object")
    page.until(lambda: world.shapes.status is CommandStatus.OBJECT)
    page.until(lambda: summary.text == "1 unusual")
    world.shapes = world.shapes.changed("join", "bare")
    page.until(lambda: Select(page.one("[data-shape=join]")).first_selected_option.text == "bare")
    assert summary.text == "2 unusual"


def test_sets_the_lag_and_leaves_alone_what_is_being_typed(page: Page, world: PrivicoreWorld, owner: Client) -> None:
    lag = page.one("#lag")
    lag.clear()
    lag.send_keys("0.01", Keys.ENTER)
    page.until(lambda: world.lag == 0.01)
    lag.clear()
    lag.send_keys("7")
    owner.command("/device/request-unique-identifier", deviceName="laptop")
    page.until(page.rows, "the page is painted anew")
    assert lag.get_property("value") == "7"
    lag.send_keys(Keys.TAB)
    world.lag = 3
    page.until(lambda: lag.get_property("value") == "3")


def test_gives_the_profile_a_key_and_shows_what_others_did(page: Page, world: PrivicoreWorld) -> None:
    switch = page.one("#key")
    page.until(switch.is_selected)
    switch.send_keys(Keys.SPACE)
    page.until(lambda: world.public_key() is None)
    page.until(lambda: page.fact("key") == "none")
    switch.send_keys(Keys.SPACE)
    page.until(lambda: world.public_key() is not None)
    page.until(lambda: page.fact("key").startswith("SHA256:"))
    world.set_public_key(None, None)
    page.until(lambda: not switch.is_selected())


def test_ends_tokens(page: Page, owner: Client) -> None:
    page.one("#expire-tokens").click()
    page.until(lambda: owner.ask("GET", "/device/retrieve-profile-devices").status == 401)


def test_rejects_the_next_command_and_shows_that_until_then(page: Page, owner: Client) -> None:
    page.choose("#kind", "configure-meta")
    page.one("#reason").send_keys("Not today.", Keys.ENTER)
    page.until(lambda: page.text("rejections") == "The next configure-meta is rejected: Not today.")
    assert owner.status(owner.command("/device/configure-meta", deviceIdentifier="any", name="any")) == "rejected"
    page.until(lambda: page.text("rejections") == "")


def test_shows_who_listens_and_drops_them(page: Page, world: PrivicoreWorld, owner: Client) -> None:
    class Ear:
        dropped = False

        def tell(self, message: str) -> None:
            pytest.fail(f"nothing happens, but {message}")

        def drop(self) -> None:
            self.dropped = True

    ear = Ear()
    assert not page.one("#drop").is_enabled()
    world.connect(ear)
    world.join(ear, owner.token)
    page.until(lambda: page.fact("listening") == "1 WebSocket connection")
    page.one("#drop").click()
    page.until(lambda: ear.dropped)


def test_injects_faults_of_this_service(page: Page, world: PrivicoreWorld) -> None:
    def offered(selector: str) -> list[str | None]:
        return [option.get_attribute("value") for option in page.one(selector).find_elements(By.TAG_NAME, "option")]

    assert set(Fault) - set(filter(None, offered("[name=fault]"))) == set(NOT_PRIVICORE)
    assert offered("[name=path]") == [Where.ANY, *PRIVICORE]
    page.choose("[name=path]", "/request-status")
    page.one(".faults .primary").click()
    page.until(lambda: page.faults() == "Hang: never an answer: next request to /request-status")
    assert world.faults()[0].where is Where.REQUEST_STATUS
    assert page.sandbox.world.faults() == []
    page.one(".faults .clear").click()
    page.until(lambda: page.faults() == "")


def test_every_control_has_a_name(page: Page, owner: Client) -> None:
    owner.new_device()
    page.until(page.rows)
    page.one("summary").click()
    assert page.unnamed() == []


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_every_width_in_both_schemes(page: Page, owner: Client, width: int, scheme: str) -> None:
    owner.new_device("a-name-without-any-space-" * 8)
    page.until(page.rows)
    page.one("summary").click()
    assert not page.sticks_out(width, scheme)
