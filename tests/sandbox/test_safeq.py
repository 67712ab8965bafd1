"""The service's endpoints, as the protocol document has them."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from enroller.model import KEY_TYPES, ClientType, KeyType, Request, ServiceName
from enroller.sandbox import safeq
from enroller.sandbox.world import Lives, Memory, World
from tests.sandbox.conftest import Clock
from tests.sandbox.devices import API_KEY, FORM, ask, device, enrolled, members, registered

VECTOR = json.loads((Path(__file__).parents[1] / "vectors/safeq-ed25519.json").read_bytes())
KEYS = KEY_TYPES[ServiceName.SAFEQ_CLOUD]
ALL_KEYS = pytest.mark.parametrize("key_type", [*KEYS, None])
REAL_KEYS = pytest.mark.parametrize("key_type", KEYS)


def whoami(token: str) -> Request:
    return Request("GET", safeq.WHOAMI, {"Authorization": f"Bearer {token}"})


class TestThePublishedExample:
    def test_gets_the_published_answers(self) -> None:
        world = World(Memory(api_key="mykey"))
        register = Request("POST", safeq.REGISTER, FORM, VECTOR["register_body"].encode())
        assert ask(world, register) == (200, VECTOR["register_response"])
        signed = FORM | {"hcp-request-signature": VECTOR["token_signature_base64"]}
        token = Request("POST", safeq.TOKEN, signed, VECTOR["token_body"].encode())
        answer = safeq.handle(world, token)
        assert answer.status == 400
        assert answer.body == b'{"error":"authorization_pending","error_description":"Authorization pending"}'
        assert members(answer) == VECTOR["token_response"]

    def test_another_key_gets_a_code_of_its_own(self) -> None:
        world = World(Memory(api_key=API_KEY))
        code = registered(world, device(client_id="0966a26c-a5fc-4276-9c6b-587d02aceb91"))
        assert code != VECTOR["register_response"]["device_code"]


class TestRegistration:
    @ALL_KEYS
    def test_is_approved_by_the_administrator_and_collected_once(self, world: World, key_type: KeyType | None) -> None:
        laptop = device(key_type)
        code = registered(world, laptop)
        assert ask(world, laptop.poll(code))[1]["error"] == "authorization_pending"
        world.approve(world.requests()[0].id)
        status, tokens = ask(world, laptop.poll(code))
        assert status == 200
        assert sorted(tokens) == ["access_token", "expires_in", "refresh_token", "token_type"]
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
        assert ask(world, laptop.poll(code)) == (
            400,
            {"error": "invalid_grant", "error_description": "The device code has been used"},
        )

    @pytest.mark.parametrize("client_type", ClientType)
    def test_takes_every_client_type(self, world: World, client_type: ClientType) -> None:
        registered(world, device(), client_type=client_type)
        assert world.requests()[0].client_type is client_type

    def test_echoes_the_state_if_there_is_one(self, world: World) -> None:
        assert ask(world, device().register(state="a nonce"))[1]["state"] == "a nonce"
        assert "state" not in ask(world, device().register())[1]

    def test_takes_both_encodings_of_an_ed25519_key(self, world: World) -> None:
        public = ed25519.Ed25519PrivateKey.generate().public_key()
        spki = public.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
        prints = set()
        for encoding in (public.public_bytes_raw(), spki):
            registered(world, device(), public_key=base64.b64encode(encoding).decode())
            prints.add(world.requests()[0].fingerprint)
        assert len(prints) == 1

    @pytest.mark.parametrize(
        ("changes", "description"),
        [
            ({"client_id": None}, "client_id is missing"),
            ({"client_id": ""}, "client_id is missing"),
            ({"client_secret": None}, "client_secret is missing"),
            ({"client_type": None}, "client_type is missing"),
            ({"client_type": "toaster"}, "client_type is none of"),
            ({"response_type": None}, "response_type is missing"),
            ({"response_type": "code"}, "response_type must be device_code"),
            ({"public_key": None}, "public_key and key_type go together"),
            ({"key_type": None}, "public_key and key_type go together"),
            ({"key_type": "dsa"}, "key_type is none of"),
            ({"key_type": "x25519"}, "key_type is none of"),
            ({"key_type": "rsa"}, "public_key is not a base64-encoded rsa key"),
            ({"key_type": "x509"}, "public_key is not a base64-encoded x509 key"),
            ({"public_key": "no base64!"}, "public_key is not a base64-encoded ed25519 key"),
            ({"public_key": "AAAA"}, "public_key is not a base64-encoded ed25519 key"),
        ],
    )
    def test_names_what_is_wrong(self, world: World, changes: dict[str, str | None], description: str) -> None:
        status, answer = ask(world, device().register(signed=False, **changes))
        assert status == 400
        assert description in answer["error_description"]
        assert world.requests() == []

    def test_refuses_a_weak_rsa_key(self, world: World) -> None:
        weak = rsa.generate_private_key(65537, 1024).public_key()
        der = weak.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
        request = device().register(public_key=base64.b64encode(der).decode(), key_type="rsa")
        assert ask(world, request)[1]["error_description"] == "RSA keys must have at least 2048 bits"

    def test_refuses_a_key_of_an_algorithm_that_nobody_knows(self, world: World) -> None:
        public = ed25519.Ed25519PrivateKey.generate().public_key()
        spki = public.public_bytes(ser.Encoding.DER, ser.PublicFormat.SubjectPublicKeyInfo)
        unknown = spki.replace(b"\x2b\x65\x70", b"\x2b\x65\x7f")  # the algorithm's identifier (RFC 8410, section 3)
        request = device().register(public_key=base64.b64encode(unknown).decode())
        assert ask(world, request)[1]["error_description"] == "public_key is not a base64-encoded ed25519 key"

    def test_refuses_a_wrong_api_key(self, world: World) -> None:
        status, answer = ask(world, device().register(client_secret="another"))
        assert (status, answer["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("end", ["reject", "expire"])
    def test_ends_with_an_error_of_its_own(self, world: World, end: str) -> None:
        laptop = device()
        code = registered(world, laptop)
        getattr(world, end)(world.requests()[0].id)
        error = {"reject": "access_denied", "expire": "expired_token"}[end]
        assert [ask(world, laptop.poll(code))[1]["error"] for _ in range(2)] == [error, error]

    def test_expires_by_itself(self, clock: Clock) -> None:
        world = World(Memory(api_key=API_KEY), lives=Lives(device_code=60), now=clock)
        laptop = device()
        assert ask(world, laptop.register())[1]["expires_in"] == 60
        code = registered(world, laptop)
        clock.time += 59.9
        assert ask(world, laptop.poll(code))[1]["error"] == "authorization_pending"
        clock.time += 0.2
        assert ask(world, laptop.poll(code))[1]["error"] == "expired_token"

    def test_is_approved_at_the_first_poll_with_automatic_trust(self, world: World) -> None:
        world.set_trust(True)
        laptop = device()
        assert ask(world, laptop.poll(registered(world, laptop)))[0] == 200


class TestReRegistration:
    @REAL_KEYS
    def test_with_the_known_key_needs_no_approval(self, world: World, key_type: KeyType, clock: Clock) -> None:
        laptop = device(key_type)
        enrolled(world, laptop)
        clock.time += 10 * 365 * 86_400
        status, answer = ask(world, laptop.register(signed=True))
        assert status == 200
        assert world.requests()[0].signed
        assert ask(world, laptop.poll(answer["device_code"]))[0] == 200

    def test_may_leave_out_the_key_that_the_service_knows(self, world: World) -> None:
        laptop = device()
        enrolled(world, laptop)
        status, answer = ask(world, laptop.register(signed=True, public_key=None, key_type=None))
        assert status == 200
        assert ask(world, laptop.poll(answer["device_code"]))[0] == 200
        assert (
            ask(world, laptop.poll(answer["device_code"], signed=False))[1]["error_description"] == "Invalid signature"
        )

    def test_works_after_an_answer_was_lost(self, world: World) -> None:
        """The administrator approved, so the key is known, whether or not the tokens arrived."""
        laptop = device()
        registered(world, laptop)
        world.approve(world.requests()[0].id)
        assert ask(world, laptop.register(signed=True))[0] == 200

    def test_by_a_device_that_nobody_approved_is_refused(self, world: World) -> None:
        laptop = device()
        registered(world, laptop)
        assert ask(world, laptop.register(signed=True)) == (
            400,
            {"error": "invalid_request", "error_description": "Invalid signature"},
        )
        assert len(world.requests()) == 1

    def test_with_another_key_is_refused(self, world: World) -> None:
        enrolled(world, device())
        assert ask(world, device().register(signed=True))[1]["error_description"] == "Invalid signature"

    def test_cannot_bring_a_new_key(self, world: World) -> None:
        laptop, other = device(), device()
        assert other.key is not None
        enrolled(world, laptop)
        _, answer = ask(world, laptop.register(signed=True, public_key=other.key.public_key))
        assert "not the one that this device is known by" in answer["error_description"]

    def test_without_a_signature_waits_for_approval_and_the_old_key_stays_known(self, world: World) -> None:
        laptop = device()
        tokens = enrolled(world, laptop)
        code = registered(world, device())
        assert ask(world, device().poll(code))[1]["error_description"] == "Invalid signature"
        assert ask(world, laptop.refresh(tokens["refresh_token"]))[0] == 200


class TestSignature:
    @REAL_KEYS
    def test_is_asked_of_every_device_with_a_key(self, world: World, key_type: KeyType) -> None:
        laptop = device(key_type)
        code = registered(world, laptop)
        status, answer = ask(world, laptop.poll(code, signed=False))
        assert (status, answer["error"], answer["error_description"]) == (400, "invalid_request", "Invalid signature")
        tokens = enrolled(world, laptop)
        assert ask(world, laptop.refresh(tokens["refresh_token"], signed=False))[0] == 400
        assert ask(world, laptop.refresh(tokens["refresh_token"]))[0] == 200, "a refused refresh spends nothing"

    @REAL_KEYS
    def test_covers_the_exact_bytes(self, world: World, key_type: KeyType) -> None:
        laptop = device(key_type)
        request = laptop.poll(registered(world, laptop))
        altered = Request(request.method, request.url, request.headers, request.body + b"&more=1")
        assert ask(world, altered)[1]["error_description"] == "Invalid signature"
        assert ask(world, request)[1]["error"] == "authorization_pending"

    @pytest.mark.parametrize("header", ["", "no base64!", "AAAA", "AAAA" * 1000])
    def test_that_is_none_is_refused(self, world: World, header: str) -> None:
        laptop = device()
        request = laptop.poll(registered(world, laptop))
        forged = Request("POST", request.url, FORM | {"HCP-Request-Signature": header}, request.body)
        assert ask(world, forged)[1]["error_description"] == "Invalid signature"

    def test_header_may_be_spelled_in_any_case(self, world: World) -> None:
        laptop = device()
        request = laptop.poll(registered(world, laptop))
        shouted = Request("POST", request.url, {k.upper(): v for k, v in request.headers.items()}, request.body)
        assert ask(world, shouted)[1]["error"] == "authorization_pending"


class TestTokens:
    def test_are_valid_for_their_life(self, world: World, clock: Clock) -> None:
        tokens = enrolled(world, device(client_id="laptop-7"))
        assert ask(world, whoami(tokens["access_token"])) == (200, {"client_id": "laptop-7"})
        clock.time += 3600
        refused = safeq.handle(world, whoami(tokens["access_token"]))
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'

    def test_are_refreshed_and_each_refresh_token_works_once(self, world: World) -> None:
        laptop = device()
        first = enrolled(world, laptop)
        status, second = ask(world, laptop.refresh(first["refresh_token"]))
        assert status == 200
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert ask(world, laptop.refresh(first["refresh_token"]))[1]["error"] == "invalid_grant"
        assert ask(world, laptop.refresh(second["refresh_token"]))[0] == 200

    def test_cannot_be_refreshed_after_the_refresh_token_ended(self, world: World, clock: Clock) -> None:
        laptop = device()
        tokens = enrolled(world, laptop)
        clock.time += 7_776_000
        assert ask(world, laptop.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"

    def test_belong_to_one_device(self, world: World) -> None:
        tokens = enrolled(world, device(client_id="owner"))
        code = registered(world, device(client_id="another"))
        thief = device(client_id="thief")
        assert ask(world, thief.refresh(tokens["refresh_token"]))[1]["error"] == "invalid_grant"
        assert ask(world, thief.poll(code))[1]["error"] == "invalid_grant"

    def test_of_garbage_are_refused(self, world: World) -> None:
        assert ask(world, device().poll("nothing"))[1]["error"] == "invalid_grant"
        assert ask(world, device().refresh("nothing"))[1]["error"] == "invalid_grant"
        assert ask(world, whoami("nothing"))[0] == 401
        assert ask(world, Request("GET", safeq.WHOAMI))[0] == 401

    def test_need_the_api_key_of_today(self, world: World) -> None:
        laptop = device()
        tokens = enrolled(world, laptop)
        world.rotate_api_key("a new one")
        status, answer = ask(world, laptop.refresh(tokens["refresh_token"]))
        assert (status, answer["error"]) == (401, "invalid_client")
        assert ask(world, laptop.refresh(tokens["refresh_token"], client_secret="a new one"))[0] == 200

    def test_of_an_unknown_grant_type_are_refused(self, world: World) -> None:
        request = device().poll("x", grant_type="password")
        assert ask(world, request)[1]["error"] == "unsupported_grant_type"


class TestHttp:
    @pytest.mark.parametrize("path", ["/", "/oauth/v1", "/oauth/v1/", "/oauth/v1/register/", "/oauth/v2/token"])
    def test_knows_its_paths(self, world: World, path: str) -> None:
        assert ask(world, Request("POST", path, FORM, b""))[0] == 404

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [("GET", safeq.REGISTER, "POST"), ("PUT", safeq.TOKEN, "POST"), ("POST", safeq.WHOAMI, "GET")],
    )
    def test_names_the_method_that_works(self, world: World, method: str, path: str, allowed: str) -> None:
        answer = safeq.handle(world, Request(method, path, FORM))
        assert (answer.status, answer.headers["allow"]) == (405, allowed)
        assert members(answer)["error"] == "invalid_request"

    @pytest.mark.parametrize("kind", ["application/json", "", "text/plain"])
    def test_takes_forms_only(self, world: World, kind: str) -> None:
        assert ask(world, Request("POST", safeq.REGISTER, {"content-type": kind}, b"{}"))[0] == 415

    def test_takes_a_form_with_a_charset(self, world: World) -> None:
        request = device().register()
        named = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        assert ask(world, Request("POST", request.url, named, request.body))[0] == 200

    @pytest.mark.parametrize(
        "body", [b"client_id", b"a=1&&b=2", b"a=%zz", b"a=%ff", "a=ü".encode(), b"\x00", b"&".join([b"a=1"] * 100)]
    )
    def test_refuses_what_is_no_form(self, world: World, body: bytes) -> None:
        status, answer = ask(world, Request("POST", safeq.REGISTER, FORM, body))
        assert (status, answer["error"]) == (400, "invalid_request")

    def test_refuses_a_parameter_that_comes_twice(self, world: World) -> None:
        request = device().register()
        twice = Request("POST", request.url, FORM, request.body + b"&client_id=another")
        assert ask(world, twice)[1]["error_description"] == "A parameter came more than once"

    def test_says_what_an_empty_form_lacks(self, world: World) -> None:
        assert ask(world, Request("POST", safeq.REGISTER, FORM, b""))[1]["error_description"] == "client_id is missing"

    def test_lets_nobody_keep_its_answers(self, world: World) -> None:
        assert safeq.handle(world, device().register()).headers["cache-control"] == "no-store"
