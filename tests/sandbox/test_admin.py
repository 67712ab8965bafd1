"""The administrator's port without a browser: its calls, and whom it refuses."""

import json
import re
import urllib.request
from urllib.parse import urlsplit

import pytest

from enroller import resources
from enroller.sandbox.faults import Fault, Where
from enroller.sandbox.privicore.shapes import choices
from enroller.sandbox.server import Sandbox
from enroller.sandbox.world import RequestState
from tests.sandbox.conftest import Admin
from tests.sandbox.devices import device, registered


def newest(sandbox: Sandbox) -> str:
    return sandbox.world.requests()[0].id


def test_shows_everything_but_secrets(sandbox: Sandbox, admin: Admin) -> None:
    code = registered(sandbox.world, device(client_id="laptop-7"), client_description="Reception")
    sandbox.world.inject("retry_after", count=None, path="token")
    status, view = admin.call("GET", "/api/state")
    assert status == 200
    assert view["ca_file"] == str(sandbox.ca_file)
    shown = view["safeq"]
    assert shown["url"] == sandbox.url
    [request] = shown["requests"]
    [seen] = sandbox.world.requests()
    assert request["fingerprint"] == seen.fingerprint
    assert (request["description"], request["state"]) == ("Reception", "pending")
    assert shown["faults"] == [{"fault": "retry_after", "path": "token", "count": None, "seconds": 10.0}]
    assert code not in json.dumps(view)
    assert sandbox.world.api_key not in json.dumps(view)


@pytest.mark.parametrize("action", ["approve", "reject", "expire"])
def test_decides(sandbox: Sandbox, admin: Admin, action: str) -> None:
    registered(sandbox.world, device())
    status, view = admin.call("POST", f"/api/requests/{newest(sandbox)}/{action}")
    assert status == 200
    assert view["requests"][0]["state"] == {"approve": "approved", "reject": "rejected", "expire": "expired"}[action]


def test_refuses_what_cannot_be_done(sandbox: Sandbox, admin: Admin) -> None:
    assert admin.call("POST", "/api/requests/nobody/approve") == (404, {"error": "There is no such request or device."})
    registered(sandbox.world, device())
    sandbox.world.reject(newest(sandbox))
    assert admin.call("POST", f"/api/requests/{newest(sandbox)}/approve") == (
        409,
        {"error": "The request is rejected already."},
    )
    assert admin.call("POST", f"/api/requests/{newest(sandbox)}/explode")[0] == 404
    assert admin.call("GET", f"/api/requests/{newest(sandbox)}/approve")[0] == 405


def test_switches_automatic_trust(sandbox: Sandbox, admin: Admin) -> None:
    assert admin.call("POST", "/api/trust", {"on": True})[1]["trust"] is True
    assert sandbox.world.trust
    assert admin.call("POST", "/api/trust", {"on": "yes"})[0] == 400
    assert sandbox.world.trust


def test_a_change_that_was_taken_back_is_told_as_well(sandbox: Sandbox, admin: Admin) -> None:
    """Whoever has switched something sees it switched until the stream says otherwise."""
    with urllib.request.urlopen(admin.address + "/api/events", timeout=10) as stream:
        told = (line for line in stream if line.startswith((b"data:", b":")))
        first = next(told)
        with sandbox.world.locked():  # nobody sees what is between
            sandbox.world.set_trust(True)
            sandbox.world.set_trust(False)
        assert first.startswith(b"data:")
        assert next(told).startswith(b"data:")


@pytest.mark.parametrize("fault", Fault)
def test_injects_every_fault_and_clears_them(sandbox: Sandbox, admin: Admin, fault: Fault) -> None:
    assert admin.call("POST", "/api/faults", {"fault": fault, "path": "register", "count": 2, "seconds": 1.5})[0] == 200
    [injection] = sandbox.world.faults()
    assert (injection.fault, injection.where, injection.count, injection.seconds) == (fault, Where.REGISTER, 2, 1.5)
    assert admin.call("DELETE", "/api/faults")[1]["faults"] == []


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"fault": "fire"},
        *({"fault": "hang"} | wrong for wrong in ({"count": "2"}, {"count": True}, {"count": 0})),
        *({"fault": "hang"} | wrong for wrong in ({"seconds": -1}, {"path": "moon"}, {"padding": "x" * 5000})),
    ],
)
def test_refuses_a_fault_that_makes_no_sense(sandbox: Sandbox, admin: Admin, document: object) -> None:
    status, answer = admin.call("POST", "/api/faults", document)
    assert status in (400, 413)
    assert answer["error"]
    assert sandbox.world.faults() == []


def test_makes_strangers_words_harmless(sandbox: Sandbox, admin: Admin) -> None:
    registered(sandbox.world, device(client_id="a\u202eb"), client_description="two\nlines\u200b " + "x" * 1000)
    [request] = admin.call("GET", "/api/state")[1]["safeq"]["requests"]
    assert request["client_id"] == "a b"
    assert request["description"].startswith("two lines x")
    assert len(request["description"]) <= 300


class TestForeignPages:
    """A page in the administrator's browser must not be able to approve anything."""

    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1.evil.example:7480", "", "[", "evil.example:7480@127.0.0.1"]
    )
    def test_cannot_come_by_another_name(self, admin: Admin, host: str) -> None:
        assert admin.call("GET", "/api/state", host=host)[0] == 403

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://127.0.0.1:1"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
            {"sec_fetch_site": "none"},
        ],
    )
    def test_cannot_act(self, sandbox: Sandbox, admin: Admin, headers: dict[str, str]) -> None:
        registered(sandbox.world, device())
        assert admin.call("POST", f"/api/requests/{newest(sandbox)}/approve", **headers)[0] == 403
        assert admin.call("DELETE", "/api/faults", **headers)[0] == 403
        assert sandbox.world.requests()[0].state is RequestState.PENDING

    def test_are_told_from_our_own(self, sandbox: Sandbox, admin: Admin) -> None:
        registered(sandbox.world, device())
        own = {"origin": admin.address, "sec_fetch_site": "same-origin"}
        assert admin.call("POST", f"/api/requests/{newest(sandbox)}/approve", **own)[0] == 200
        port = urlsplit(admin.address).port
        assert admin.call("GET", "/api/state", host=f"localhost:{port}")[0] == 200


class TestThePage:
    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/", "text/html"),
            ("/admin.css", "text/css"),
            *((f"/{name}.js", "text/javascript") for name in ("admin", "parts", "safeq", "privicore")),
        ],
    )
    def test_is_served_with_a_policy_that_allows_its_own_files_only(self, admin: Admin, path: str, kind: str) -> None:
        with urllib.request.urlopen(admin.address + path, timeout=10) as answer:
            assert answer.headers.get_content_type() == kind
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"

    def test_offers_every_fault_and_shape(self) -> None:
        page = resources.read("sandbox/admin.html").decode()
        offered = re.findall(r'<option value="(\w+)">', page)
        assert sorted(offered) == sorted([*Fault, Where.ANY])
        assert re.findall(r'data-shape="(\w+)"', page) == list(choices())

    def test_needs_nothing_from_elsewhere_and_makes_no_markup_of_text(self) -> None:
        names = ("admin.html", "admin.css", "admin.js", "parts.js", "safeq.js", "privicore.js")
        files = [resources.read(f"sandbox/{name}").decode() for name in names]
        for text in files:
            assert set(re.findall(r"(?:https?:)?//\w[\w.]*", text)) <= {"http://www.w3.org"}
            assert not re.search("innerHTML|insertAdjacentHTML|document.write|eval", text)
