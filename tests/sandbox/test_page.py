"""SAFEQ Cloud's part of the administrator's page, and what both parts share."""

from functools import partial

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from enroller.sandbox.faults import SAFEQ, Fault, Where
from enroller.sandbox.server import Options, Sandbox
from enroller.sandbox.world import Lives, RequestState, World
from tests.sandbox.devices import API_KEY, ask, device, registered
from tests.sandbox.page import NEEDS_BROWSER, Page

pytestmark = NEEDS_BROWSER


@pytest.fixture
def page(driver: webdriver.Chrome, fresh: Sandbox) -> Page:
    page = Page(driver, fresh, "safeq")
    page.open()
    return page


@pytest.fixture
def world(fresh: Sandbox) -> World:
    return fresh.world


def test_says_where_the_service_is_while_nobody_has_asked(page: Page) -> None:
    assert page.fact("url") == page.sandbox.url
    assert page.fact("ca_file") == str(page.sandbox.ca_file)
    assert page.one(".none").text.startswith("No device has asked yet.")


def test_a_request_appears_by_itself_with_what_the_approver_compares(page: Page, world: World) -> None:
    registered(world, device(client_id="laptop-7"), client_description="Reception")
    page.until(page.rows)
    [row], [seen] = page.rows(), world.requests()
    assert row.find_element(By.TAG_NAME, "h3").text == "Reception"
    assert row.find_element(By.CSS_SELECTOR, ".fingerprint code").text == seen.fingerprint
    assert row.find_element(By.CSS_SELECTOR, ".spoken strong").text == seen.spoken
    for words in ("laptop-7", "desktop client", "ed25519", "Pending"):
        assert words in row.text
    assert page.one(".waiting").text == "1 waiting for you"
    assert page.driver.title.startswith("(1) ")
    assert page.driver.find_element(By.ID, "news").get_property("textContent") == "New request from Reception"
    assert not page.one(".none").is_displayed()


def test_approves_by_keyboard_alone_and_keeps_the_focus_in_the_row(page: Page, world: World) -> None:
    laptop = device()
    code = registered(world, laptop)
    page.until(page.rows)
    [row] = page.rows()
    page.tab_to(page.button(row, "Approve"))
    page.focused().send_keys(Keys.ENTER)
    page.until(lambda: "Approved" in row.text)
    assert world.requests()[0].state is RequestState.APPROVED
    assert page.focused() == row.find_element(By.TAG_NAME, "h3")
    assert page.buttons(row) == ["Expire"]
    assert ask(world, laptop.poll(code))[0] == 200
    page.until(lambda: "Enrolled" in row.text)
    assert page.buttons(row) == []


@pytest.mark.parametrize(("name", "state"), [("Reject", RequestState.REJECTED), ("Expire", RequestState.EXPIRED)])
def test_rejects_and_expires(page: Page, world: World, name: str, state: RequestState) -> None:
    registered(world, device())
    page.until(page.rows)
    [row] = page.rows()
    page.button(row, name).click()
    page.until(lambda: state.value.capitalize() in row.text)
    assert world.requests()[0].state is state
    assert page.buttons(row) == []


def test_a_newer_request_goes_on_top_and_takes_no_focus(page: Page, world: World) -> None:
    registered(world, device(client_id="older"))
    page.until(page.rows)
    approve = page.button(page.rows()[0], "Approve")
    page.tab_to(approve)
    registered(world, device(client_id="newer"))
    page.until(lambda: len(page.rows()) == 2)
    assert page.titles() == ["newer", "older"]
    assert page.focused() == approve
    assert [
        button.accessible_name for button in page.driver.find_elements(By.CSS_SELECTOR, "[data-action=approve]")
    ] == [
        "Approve newer",
        "Approve older",
    ]


def test_a_request_that_was_replaced_goes_away(page: Page, world: World) -> None:
    laptop = device()
    registered(world, laptop, client_description="first try")
    page.until(page.rows)
    registered(world, laptop, client_description="second try")
    page.until(lambda: page.titles() == ["second try"])


def test_a_request_counts_down_and_expires_before_the_readers_eyes(page: Page, world: World) -> None:
    def says(words: str) -> bool:
        return any(words in row.text for row in page.rows())

    world.lives = Lives(device_code=2.4)
    registered(world, device())
    for words in ("2 s", "1 s", "Expired"):
        page.until(partial(says, words), words)
    assert page.buttons(page.rows()[0]) == []


def test_what_a_device_calls_itself_is_text(page: Page, world: World) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    registered(world, device(client_id=hostile), client_description=hostile)
    page.until(page.rows)
    [row] = page.rows()
    assert row.find_element(By.TAG_NAME, "h3").text == hostile
    assert row.find_elements(By.CSS_SELECTOR, "img, script") == []
    assert "owned" not in page.driver.title


def test_injects_a_fault_shows_it_and_clears_it(page: Page, world: World) -> None:
    page.choose("[name=fault]", "Slow drip, byte by byte")
    page.choose("[name=path]", "/token")
    count, seconds = page.one("[name=count]"), page.one("[name=seconds]")
    count.clear()
    count.send_keys("3")
    seconds.send_keys("0.5", Keys.ENTER)
    page.until(lambda: page.faults() == "Slow drip, byte by byte: next 3 requests to /token, 0.5 s")
    [injection] = world.faults()
    assert (injection.fault, injection.where, injection.count) == (Fault.SLOW_DRIP, Where.TOKEN, 3)
    count.clear()
    count.send_keys(Keys.ENTER)
    page.until(lambda: "all requests" in page.faults())
    page.one(".faults .clear").click()
    page.until(lambda: not world.faults())
    page.until(lambda: page.faults() == "")


def test_offers_the_faults_and_paths_of_the_service(page: Page) -> None:
    def offered(selector: str) -> list[str | None]:
        return [option.get_attribute("value") for option in page.one(selector).find_elements(By.TAG_NAME, "option")]

    assert sorted(filter(None, offered("[name=fault]"))) == sorted(Fault)
    assert offered("[name=path]") == [Where.ANY, *SAFEQ]


def test_switches_automatic_trust_and_shows_who_else_did(page: Page, world: World) -> None:
    switch = page.driver.find_element(By.ID, "trust")
    switch.send_keys(Keys.SPACE)
    page.until(lambda: world.trust)
    world.set_trust(False)
    page.until(lambda: not switch.is_selected())


def test_says_so_where_an_action_comes_too_late(page: Page, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(world, device())
    page.until(page.rows)
    # Two administrators at once: the page has not heard yet what the other one did.
    monkeypatch.setattr(world, "_changed", lambda: None)
    world.reject(world.requests()[0].id)
    page.button(page.rows()[0], "Approve").click()
    page.until(lambda: page.text("trouble") == "The request is rejected already.")
    [complaint] = page.driver.get_log("browser")  # type: ignore[no-untyped-call]
    assert "409" in complaint["message"], "the browser itself notes the refused request"


def test_every_control_has_a_name_and_the_page_its_landmarks(page: Page, world: World) -> None:
    registered(world, device())
    page.until(page.rows)
    assert page.unnamed() == []
    for landmark in ("header", "main", "aside"):
        found = page.driver.find_elements(By.TAG_NAME, landmark)
        assert [element.is_displayed() for element in found].count(True) == 1
    assert len(page.driver.find_elements(By.TAG_NAME, "h1")) == 1
    assert page.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_every_width_in_both_schemes(page: Page, world: World, width: int, scheme: str) -> None:
    registered(world, device(), client_description="a-name-without-any-space-" * 8)
    page.until(page.rows)
    assert not page.sticks_out(width, scheme)


class TestTabs:
    def test_show_one_service_at_a_time_and_how_many_wait_at_each(self, page: Page, world: World) -> None:
        registered(world, device())
        page.until(page.rows)
        assert (page.tab("safeq").accessible_name, page.tab("privicore").accessible_name) == (
            "SAFEQ Cloud, 1 waiting",
            "Privicore",
        )
        main = page.driver.find_element(By.ID, "main")
        assert "endpoint trust" in main.text
        assert "WebSocket" not in main.text
        page.tab("privicore").click()
        assert "WebSocket" in main.text
        assert "endpoint trust" not in main.text
        assert page.driver.title == "(1) Privicore – Enroller sandbox"

    def test_are_worked_by_arrow_keys_and_kept_in_the_address(self, page: Page) -> None:
        page.tab_to(page.tab("safeq"))
        page.focused().send_keys(Keys.ARROW_RIGHT)
        assert page.focused() == page.tab("privicore")
        assert page.tab("privicore").get_attribute("aria-selected") == "true"
        assert page.driver.current_url.endswith("#privicore")
        page.driver.refresh()
        page.until(lambda: page.tab("privicore").get_attribute("aria-selected") == "true")
        page.tab("privicore").send_keys(Keys.ARROW_RIGHT)
        assert page.focused() == page.tab("safeq"), "after the last comes the first"


def test_comes_back_by_itself_after_the_sandbox_was_away(driver: webdriver.Chrome) -> None:
    with Sandbox(Options(port=0, admin_port=0, api_key=API_KEY)) as sandbox:
        page = Page(driver, sandbox, "safeq")
        page.open()
        port = int(sandbox.admin_url.removesuffix("/").rpartition(":")[2])
    page.until(lambda: page.text("link").startswith("Not connected"))
    with Sandbox(Options(port=0, admin_port=port, api_key=API_KEY)) as again:
        page.until(lambda: page.text("link") == "Live")
        registered(again.world, device())
        page.until(page.rows)
        driver.get("about:blank")
    driver.get_log("browser")  # type: ignore[no-untyped-call]
