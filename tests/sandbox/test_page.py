"""The administrator's page in a real browser: Chromium without a window."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from enroller.sandbox.faults import Fault, Where
from enroller.sandbox.server import Options, Sandbox
from enroller.sandbox.world import Lives, RequestState
from tests.sandbox.devices import API_KEY, ask, device, registered

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
SWITCHES = (
    "--headless",
    "--no-sandbox",  # of Chromium's own, which does not work for root; the only page it opens is ours
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)

# Without the browser this proves nothing: acceptable on a developer's machine, not where changes are judged.
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER) and not os.environ.get("CI"), reason="chromium and chromedriver are not installed"
)


class Page:
    """The page as a person meets it: looked for by words and roles, worked by keys."""

    def __init__(self, driver: webdriver.Chrome, sandbox: Sandbox) -> None:
        self.driver = driver
        self.world = sandbox.world
        self.sandbox = sandbox

    def until(self, condition: object, what: str = "") -> None:
        """Waits for the moment at which `condition()` is true."""
        assert callable(condition)
        WebDriverWait(self.driver, 10, poll_frequency=0.02).until(lambda _: condition(), what)

    def open(self) -> None:
        self.driver.get(self.sandbox.admin_url)
        self.until(lambda: self.text("link") == "Live")

    def text(self, element_id: str) -> str:
        return self.driver.find_element(By.ID, element_id).text

    def rows(self) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, "#list > li")

    def titles(self) -> list[str]:
        """The rows' headings at one moment, even while rows come and go."""
        script = "return [...document.querySelectorAll('#list h3')].map((heading) => heading.textContent)"
        titles: list[str] = self.driver.execute_script(script)
        return titles

    def buttons(self, row: WebElement) -> list[str]:
        return [button.text for button in row.find_elements(By.TAG_NAME, "button") if button.is_displayed()]

    def button(self, row: WebElement, name: str) -> WebElement:
        return next(button for button in row.find_elements(By.TAG_NAME, "button") if button.text == name)

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def tab_to(self, wanted: WebElement) -> None:
        """Presses Tab until the focus is there, as somebody without a mouse does."""
        for _ in range(100):
            if self.focused() == wanted:
                return
            self.focused().send_keys(Keys.TAB)
        pytest.fail("Tab does not reach it")


@contextmanager
def browser(profile: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or "chromium"
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER or "chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def page(driver: webdriver.Chrome) -> Iterator[Page]:
    """An open page; it must end without a word on the browser's console."""
    with Sandbox(Options(port=0, admin_port=0, api_key=API_KEY)) as sandbox:
        page = Page(driver, sandbox)
        page.open()
        yield page
        complaints = driver.get_log("browser")  # type: ignore[no-untyped-call]
        driver.get("about:blank")
    assert complaints == []


def test_says_where_the_service_is_while_nobody_has_asked(page: Page) -> None:
    assert page.text("service-url") == page.sandbox.url
    assert page.text("ca-file") == str(page.sandbox.ca_file)
    assert page.text("none").startswith("No device has asked yet.")


def test_a_request_appears_by_itself_with_what_the_approver_compares(page: Page) -> None:
    registered(page.world, device(client_id="laptop-7"), client_description="Reception")
    page.until(page.rows)
    [row], [seen] = page.rows(), page.world.requests()
    assert row.find_element(By.TAG_NAME, "h3").text == "Reception"
    assert row.find_element(By.CSS_SELECTOR, ".fingerprint code").text == seen.fingerprint
    assert row.find_element(By.CSS_SELECTOR, ".spoken strong").text == seen.spoken
    for words in ("laptop-7", "desktop client", "ed25519", "Pending"):
        assert words in row.text
    assert page.text("waiting") == "1 waiting for you"
    assert page.driver.title.startswith("(1) ")
    assert page.driver.find_element(By.ID, "news").get_property("textContent") == "New request from Reception"
    assert not page.driver.find_element(By.ID, "none").is_displayed()


def test_approves_by_keyboard_alone_and_keeps_the_focus_in_the_row(page: Page) -> None:
    laptop = device()
    code = registered(page.world, laptop)
    page.until(page.rows)
    [row] = page.rows()
    page.tab_to(page.button(row, "Approve"))
    page.focused().send_keys(Keys.ENTER)
    page.until(lambda: "Approved" in row.text)
    assert page.world.requests()[0].state is RequestState.APPROVED
    assert page.focused() == row.find_element(By.TAG_NAME, "h3")
    assert page.buttons(row) == ["Expire"]
    assert ask(page.world, laptop.poll(code))[0] == 200
    page.until(lambda: "Enrolled" in row.text)
    assert page.buttons(row) == []


@pytest.mark.parametrize(("name", "state"), [("Reject", RequestState.REJECTED), ("Expire", RequestState.EXPIRED)])
def test_rejects_and_expires(page: Page, name: str, state: RequestState) -> None:
    registered(page.world, device())
    page.until(page.rows)
    [row] = page.rows()
    page.button(row, name).click()
    page.until(lambda: state.value.capitalize() in row.text)
    assert page.world.requests()[0].state is state
    assert page.buttons(row) == []


def test_a_newer_request_goes_on_top_and_takes_no_focus(page: Page) -> None:
    registered(page.world, device(client_id="older"))
    page.until(page.rows)
    approve = page.button(page.rows()[0], "Approve")
    page.tab_to(approve)
    registered(page.world, device(client_id="newer"))
    page.until(lambda: len(page.rows()) == 2)
    assert page.titles() == ["newer", "older"]
    assert page.focused() == approve
    assert [
        button.accessible_name for button in page.driver.find_elements(By.CSS_SELECTOR, "[data-action=approve]")
    ] == [
        "Approve newer",
        "Approve older",
    ]


def test_a_request_that_was_replaced_goes_away(page: Page) -> None:
    laptop = device()
    registered(page.world, laptop, client_description="first try")
    page.until(page.rows)
    registered(page.world, laptop, client_description="second try")
    page.until(lambda: page.titles() == ["second try"])


def test_a_request_counts_down_and_expires_before_the_readers_eyes(page: Page) -> None:
    page.world.lives = Lives(device_code=2.4)
    registered(page.world, device())
    for words in ("2 s", "1 s", "Expired"):
        page.until(lambda words=words: page.rows() and words in page.rows()[0].text, words)
    assert page.buttons(page.rows()[0]) == []


def test_what_a_device_calls_itself_is_text(page: Page) -> None:
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    registered(page.world, device(client_id=hostile), client_description=hostile)
    page.until(page.rows)
    [row] = page.rows()
    assert row.find_element(By.TAG_NAME, "h3").text == hostile
    assert row.find_elements(By.CSS_SELECTOR, "img, script") == []
    assert "owned" not in page.driver.title


def test_injects_a_fault_shows_it_and_clears_it(page: Page) -> None:
    Select(page.driver.find_element(By.ID, "fault")).select_by_visible_text("Slow drip, byte by byte")
    Select(page.driver.find_element(By.ID, "path")).select_by_visible_text("/token")
    count, seconds = page.driver.find_element(By.ID, "count"), page.driver.find_element(By.ID, "seconds")
    count.clear()
    count.send_keys("3")
    seconds.send_keys("0.5", Keys.ENTER)
    page.until(lambda: page.text("faults") == "Slow drip, byte by byte: next 3 requests to /token, 0.5 s")
    [injection] = page.world.faults()
    assert (injection.fault, injection.where, injection.count) == (Fault.SLOW_DRIP, Where.TOKEN, 3)
    count.clear()
    count.send_keys(Keys.ENTER)
    page.until(lambda: "all requests" in page.text("faults"))
    page.driver.find_element(By.ID, "clear").click()
    page.until(lambda: not page.world.faults())
    page.until(lambda: page.text("faults") == "")


def test_switches_automatic_trust_and_shows_who_else_did(page: Page) -> None:
    switch = page.driver.find_element(By.ID, "trust")
    switch.send_keys(Keys.SPACE)
    page.until(lambda: page.world.trust)
    page.world.set_trust(False)
    page.until(lambda: not switch.is_selected())


def test_says_so_where_an_action_comes_too_late(page: Page) -> None:
    registered(page.world, device())
    page.until(page.rows)
    # Two administrators at once: the page has not heard yet what the other one did.
    page.driver.execute_script("paintRequests = () => {}")
    page.world.reject(page.world.requests()[0].id)
    page.button(page.rows()[0], "Approve").click()
    page.until(lambda: page.text("trouble") == "The request is rejected already.")
    [complaint] = page.driver.get_log("browser")  # type: ignore[no-untyped-call]
    assert "409" in complaint["message"], "the browser itself notes the refused request"


def test_every_control_has_a_name_and_the_page_its_landmarks(page: Page) -> None:
    registered(page.world, device())
    page.until(page.rows)
    controls = page.driver.find_elements(By.CSS_SELECTOR, "button, input, select, a")
    assert [control.accessible_name for control in controls if not control.accessible_name] == []
    for landmark in ("header", "main", "aside"):
        assert len(page.driver.find_elements(By.TAG_NAME, landmark)) == 1
    assert len(page.driver.find_elements(By.TAG_NAME, "h1")) == 1
    assert page.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_every_width_in_both_schemes(page: Page, width: int, scheme: str) -> None:
    registered(page.world, device(), client_description="a-name-without-any-space-" * 8)
    page.until(page.rows)
    emulate = page.driver.execute_cdp_cmd
    emulate("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    emulate(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    element = page.driver.find_element(By.TAG_NAME, "html")
    assert element.get_property("scrollWidth") == element.get_property("clientWidth"), "nothing sticks out sideways"
    brightness = page.driver.execute_script(
        "return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
    )
    assert (sum(brightness) > 3 * 128) == (scheme == "light")
    emulate("Emulation.clearDeviceMetricsOverride", {})


def test_comes_back_by_itself_after_the_sandbox_was_away(driver: webdriver.Chrome) -> None:
    with Sandbox(Options(port=0, admin_port=0, api_key=API_KEY)) as sandbox:
        page = Page(driver, sandbox)
        page.open()
        port = int(sandbox.admin_url.removesuffix("/").rpartition(":")[2])
    page.until(lambda: page.text("link").startswith("Not connected"))
    with Sandbox(Options(port=0, admin_port=port, api_key=API_KEY)) as again:
        page.until(lambda: page.text("link") == "Live")
        registered(again.world, device())
        page.until(page.rows)
        driver.get("about:blank")
    driver.get_log("browser")  # type: ignore[no-untyped-call]
