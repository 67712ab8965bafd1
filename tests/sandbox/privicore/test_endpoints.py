"""What is at which address, for whom, and by which method."""

import pytest

from enroller.sandbox import forms
from enroller.sandbox.faults import PRIVICORE
from enroller.sandbox.privicore.endpoints import ENDPOINTS
from enroller.sandbox.privicore.world import PrivicoreWorld
from tests.sandbox.privicore.client import FORM, Client

PUBLIC = {
    "/health",
    "/profile/register-profile",
    "/profile/authenticate",
    "/dptcab/public-key",
    "/generate-keys",
    "/request-status",
}


def nobody(world: PrivicoreWorld) -> Client:
    return Client(world, token="")


def test_the_service_says_that_it_is_there(privicore: PrivicoreWorld) -> None:
    assert nobody(privicore).ask("GET", "/health").status == 200


def test_faults_and_counts_know_every_endpoint_by_the_last_part_of_its_path() -> None:
    assert {path.rpartition("/")[2] for path in ENDPOINTS} == set(PRIVICORE)
    assert len(ENDPOINTS) == len(PRIVICORE)


@pytest.mark.parametrize("path", sorted(ENDPOINTS.keys() - PUBLIC))
@pytest.mark.parametrize("token", ["", "wrong", "expired"])
def test_whoever_is_not_signed_in_is_refused(privicore: PrivicoreWorld, owner: Client, path: str, token: str) -> None:
    if token == "expired":
        privicore.expire_tokens()
    else:
        owner.token = token
    for method in ENDPOINTS[path].methods:
        answer = owner.ask(method, path)
        assert (answer.status, answer.headers["content-type"]) == (401, "application/json")
        assert answer.value["message"] == "The authorization token is missing, unknown or has expired."


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
def test_another_method_is_refused(owner: Client, path: str) -> None:
    answer = owner.ask("PUT", path)
    assert (answer.status, answer.headers["content-type"]) == (405, "application/json")
    assert answer.value["message"]


@pytest.mark.parametrize("path", ["/", "/elsewhere", "/device", "/health/", "/request-status/a/b", "/device/remove/id"])
def test_there_is_nothing_elsewhere(owner: Client, path: str) -> None:
    answer = owner.ask("GET", path)
    assert (answer.status, answer.value) == (404, {"message": "There is nothing at this address."})


class TestTheBody:
    def test_is_a_form(self, owner: Client) -> None:
        path, body = "/device/request-unique-identifier", b"deviceName=laptop"
        assert owner.ask("POST", path, body, Content_Type=FORM["Content-Type"] + "; charset=utf-8").status == 202
        assert owner.ask("POST", path, b'{"deviceName": "laptop"}', Content_Type="application/json").status == 415
        assert owner.ask("POST", path, body).status == 415

    def test_may_be_empty_and_of_no_type(self, owner: Client) -> None:
        assert owner.ask("POST", "/profile/authorization-token/expiry").status == 200

    @pytest.mark.parametrize("body", [b"deviceName", b"deviceName=%zz", b"deviceName=a&deviceName=b", b"\xff=\xff"])
    def test_that_is_none_is_refused(self, owner: Client, body: bytes) -> None:
        answer = owner.ask("POST", "/device/request-unique-identifier", body, Content_Type=FORM["Content-Type"])
        assert answer.status == 400
        assert answer.value["message"]

    def test_has_an_end(self, owner: Client) -> None:
        body = b"deviceName=" + b"x" * forms.LARGEST_BODY
        answer = owner.ask("POST", "/device/request-unique-identifier", body, Content_Type=FORM["Content-Type"])
        assert answer.status == 413

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("/profile/register-profile", "username"),
            ("/profile/authenticate", "username"),
            ("/profile/reauthorize-authorization-token", "ttl"),
            ("/public-key/register-public-key", "publicKey"),
            ("/device/request-unique-identifier", "deviceName"),
            ("/device/retrieve-unique-identifier", "id"),
            ("/device/approve-device", "deviceIdentifier"),
            ("/device/reject-device", "deviceIdentifier"),
            ("/device/configure-meta", "deviceIdentifier"),
            ("/device/remove", "deviceIdentifier"),
            ("/device/download-device-configuration", "deviceIdentifier"),
        ],
    )
    def test_must_have_what_is_needed(self, owner: Client, path: str, field: str) -> None:
        for form in ({}, {field: ""}):
            answer = owner.post(path, **form)
            assert (answer.status, answer.value["errors"]) == (422, {field: "This value is missing."})

    @pytest.mark.parametrize("name", [" ", "x" * 256])
    def test_names_devices_by_words_of_some_length(self, owner: Client, name: str) -> None:
        answer = owner.post("/device/request-unique-identifier", deviceName=name)
        assert (answer.status, list(answer.value["errors"])) == (422, ["deviceName"])
        answer = owner.post("/device/configure-meta", deviceIdentifier="any", name=name)
        assert (answer.status, list(answer.value["errors"])) == (422, ["name"])
