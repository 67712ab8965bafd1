"""The administrator's page in a real browser: Chromium without a window."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from enroller.sandbox.server import Sandbox

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
NEEDS_BROWSER = pytest.mark.skipif(
    not (CHROMIUM and DRIVER) and not os.environ.get("CI"), reason="chromium and chromedriver are not installed"
)


class Page:
    """One service's part of the page as a person meets it: looked for by words and roles, worked by keys.

    `name`: `safeq` or `privicore`.
    """

    def __init__(self, driver: webdriver.Chrome, sandbox: Sandbox, name: str) -> None:
        self.driver = driver
        self.sandbox = sandbox
        self.name = name

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Waits for the moment at which `condition()` is true."""
        WebDriverWait(self.driver, 10, poll_frequency=0.02).until(lambda _: condition(), what)

    def open(self) -> None:
        """Opens the page at this part; an address that differs in its fragment alone would not load it anew."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.sandbox.admin_url}#{self.name}")
        self.until(lambda: self.text("link") == "Live")

    def text(self, element_id: str) -> str:
        return self.driver.find_element(By.ID, element_id).text

    def tab(self, name: str) -> WebElement:
        return self.driver.find_element(By.ID, f"tab-{name}")

    def one(self, selector: str) -> WebElement:
        """The first element of this part that a CSS selector finds."""
        return self.driver.find_element(By.CSS_SELECTOR, f"#{self.name} {selector}")

    def fact(self, name: str) -> str:
        """A fact beside the list."""
        return self.one(f"aside [data-text={name}]").text

    def choose(self, selector: str, words: str) -> None:
        """Chooses what reads like `words`."""
        Select(self.one(selector)).select_by_visible_text(words)

    def rows(self) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, f"#{self.name} .list > li")

    def titles(self) -> list[str]:
        """The rows' headings at one moment, even while rows come and go."""
        script = f"return [...document.querySelectorAll('#{self.name} .list h3')].map((h3) => h3.textContent)"
        titles: list[str] = self.driver.execute_script(script)
        return titles

    def badges(self) -> list[str]:
        """The rows' states, likewise."""
        script = f"return [...document.querySelectorAll('#{self.name} .badge')].map((badge) => badge.textContent)"
        badges: list[str] = self.driver.execute_script(script)
        return badges

    def buttons(self, row: WebElement) -> list[str]:
        return [button.text for button in row.find_elements(By.TAG_NAME, "button") if button.is_displayed()]

    def button(self, row: WebElement, name: str) -> WebElement:
        return next(button for button in row.find_elements(By.TAG_NAME, "button") if button.text == name)

    def faults(self) -> str:
        """The faults still to come, as they are told."""
        return self.one(".faults .coming").text

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def tab_to(self, wanted: WebElement) -> None:
        """Presses Tab until the focus is there, as somebody without a mouse does."""
        for _ in range(100):
            if self.focused() == wanted:
                return
            self.focused().send_keys(Keys.TAB)
        pytest.fail("Tab does not reach it")

    def unnamed(self) -> list[str]:
        """The controls that a screen reader could not name."""
        controls = self.driver.find_elements(By.CSS_SELECTOR, "button, input, select, a, summary")
        displayed = [control for control in controls if control.is_displayed()]
        return [control.get_attribute("outerHTML") or "" for control in displayed if not control.accessible_name]

    def sticks_out(self, width: int, scheme: str) -> bool:
        """Whether anything sticks out sideways in a window of this width; `scheme`: light or dark."""
        emulate = self.driver.execute_cdp_cmd
        emulate("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        emulate("Emulation.setDeviceMetricsOverride", screen)
        html = self.driver.find_element(By.TAG_NAME, "html")
        widths = html.get_property("scrollWidth"), html.get_property("clientWidth")
        brightness = self.driver.execute_script(
            "return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)"
        )
        emulate("Emulation.clearDeviceMetricsOverride", {})
        assert (sum(brightness) > 3 * 128) == (scheme == "light")
        return widths[0] != widths[1]


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
