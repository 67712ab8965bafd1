"""Profiles: signing in, tokens, public keys."""

import re

import pytest

from enroller import keys
from enroller.sandbox.privicore.shapes import NoKey, Renewal
from enroller.sandbox.privicore.world import PrivicoreWorld
from tests.sandbox.conftest import Clock
from tests.sandbox.privicore.client import PASSWORD, USERNAME, Client, new_key


class TestSigningIn:
    def test_gives_a_token_and_its_end(self, owner: Client) -> None:
        answer = owner.sign_in(USERNAME, PASSWORD)
        assert sorted(answer.value) == ["authorizationToken", "expiresAt"]
        assert answer.value["expiresAt"] == "2027-01-16T08:00:00+00:00"
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(("username", "password"), [(USERNAME, "another"), ("nobody", PASSWORD), ("nobody", "é")])
    def test_needs_the_right_password(self, privicore: PrivicoreWorld, username: str, password: str) -> None:
        answer = Client(privicore, token="").sign_in(username, password)
        assert (answer.status, answer.value) == (401, {"message": "The user name or the password is wrong."})

    def test_needs_the_new_password_once_it_was_changed(self, privicore: PrivicoreWorld, owner: Client) -> None:
        privicore.change_password("a new one")
        assert owner.names() == [], "tokens stay good"
        assert owner.sign_in(USERNAME, PASSWORD).status == 401
        assert owner.sign_in(USERNAME, "a new one").status == 200

    def test_of_a_new_profile_works_once_it_is_registered(self, privicore: PrivicoreWorld) -> None:
        privicore.lag = 5
        new = Client(privicore, token="")
        command_id = new.command("/profile/register-profile", username="kim", password="secret")
        assert new.status(command_id) == "started", "whoever registers has no token yet"
        assert new.sign_in("kim", "secret").status == 401
        clock = privicore.now
        assert isinstance(clock, Clock)
        clock.time += 5
        assert new.status(command_id) == "succeeded"
        assert new.sign_in("kim", "secret").status == 200

    def test_a_name_that_is_taken_is_not_registered_again(self, owner: Client) -> None:
        command_id = owner.command("/profile/register-profile", username=USERNAME, password="mine now")
        assert owner.status(command_id) == "rejected"
        assert owner.sign_in(USERNAME, "mine now").status == 401


class TestATokens:
    def test_end_is_told(self, owner: Client, clock: Clock) -> None:
        answer = owner.post("/profile/authorization-token/expiry")
        assert (answer.status, answer.value) == (200, {"expiresAt": "2027-01-16T08:00:00+00:00"})
        clock.time += 86_399
        assert owner.names() == []
        clock.time += 1
        assert owner.post("/profile/authorization-token/expiry").status == 401

    def test_life_is_longer_after_a_renewal(self, owner: Client, clock: Clock) -> None:
        answer = owner.post("/profile/reauthorize-authorization-token", ttl="172800")
        assert answer.value == {"authorizationToken": owner.token, "expiresAt": "2027-01-17T08:00:00+00:00"}
        clock.time += 172_799
        assert owner.names() == []

    def test_renewal_may_bring_another_one(self, privicore: PrivicoreWorld, owner: Client) -> None:
        privicore.shapes = privicore.shapes.changed("renewal", Renewal.NEW_TOKEN)
        answer = owner.post("/profile/reauthorize-authorization-token", ttl="60")
        assert answer.value["authorizationToken"] != owner.token
        assert owner.ask("GET", "/device/retrieve-profile-devices").status == 401
        owner.token = answer.value["authorizationToken"]
        assert owner.names() == []

    def test_renewal_may_tell_the_end_alone(self, privicore: PrivicoreWorld, owner: Client) -> None:
        privicore.shapes = privicore.shapes.changed("renewal", Renewal.END_ONLY)
        answer = owner.post("/profile/reauthorize-authorization-token", ttl="60")
        assert answer.value == {"expiresAt": "2027-01-15T08:01:00+00:00"}

    @pytest.mark.parametrize("ttl", ["0", "-1", "1.5", "soon", "31536001", "9" * 30, "²"])
    def test_renewal_is_for_some_seconds(self, owner: Client, ttl: str) -> None:
        answer = owner.post("/profile/reauthorize-authorization-token", ttl=ttl)
        assert (answer.status, list(answer.value["errors"])) == (422, ["ttl"])

    def test_end_comes_by_revocation(self, owner: Client) -> None:
        assert owner.post("/profile/revoke-authorization-token").status == 200
        assert owner.post("/profile/revoke-authorization-token").status == 401


class TestThePublicKey:
    def test_is_registered_and_retrieved(self, owner: Client) -> None:
        key = owner.register_key()
        assert owner.get("/public-key/retrieve-public-key") == {"publicKey": key}

    def test_is_replaced_by_another(self, owner: Client) -> None:
        first, second = owner.register_key(), owner.register_key()
        assert owner.get("/public-key/retrieve-public-key") == {"publicKey": second}
        assert first != second

    @pytest.mark.parametrize(("shape", "body"), [(NoKey.EMPTY, {"publicKey": ""}), (NoKey.NULL, {"publicKey": None})])
    def test_may_be_missing(self, privicore: PrivicoreWorld, owner: Client, shape: NoKey, body: object) -> None:
        assert owner.ask("GET", "/public-key/retrieve-public-key").status == 404
        privicore.shapes = privicore.shapes.changed("no_key", shape)
        assert owner.get("/public-key/retrieve-public-key") == body
        privicore.shapes = privicore.shapes.changed("no_key", NoKey.NOTHING)
        answer = owner.ask("GET", "/public-key/retrieve-public-key")
        assert (answer.status, answer.value) == (200, None)

    @pytest.mark.parametrize("damage", ["short", "long", "tag", "key", "hash", "no hex"])
    def test_with_a_wrong_hash_is_refused(self, owner: Client, damage: str) -> None:
        key = new_key()
        wrong = {
            "short": key[:-2],
            "long": key + "00",
            "tag": "ff" + key[2:],
            "key": key[:20] + ("0" if key[20] != "0" else "1") + key[21:],
            "hash": key[:-1] + ("0" if key[-1] != "0" else "1"),
            "no hex": "zz" + key[2:],
        }[damage]
        answer = owner.post("/public-key/register-public-key", publicKey=wrong)
        assert (answer.status, list(answer.value["errors"])) == (422, ["publicKey"])
        assert owner.ask("GET", "/public-key/retrieve-public-key").status == 404

    def test_of_the_engine_is_in_the_same_form(self, owner: Client) -> None:
        key = owner.get("/dptcab/public-key")["publicKey"]
        assert len(keys.open_signed_public_key(key)) == 32
        assert re.fullmatch("31420500[0-9a-f]{192}", key)

    def test_is_never_made_by_the_service(self, owner: Client) -> None:
        answer = owner.ask("GET", "/generate-keys")
        assert answer.status == 404
        assert "a private key must never leave the device" in answer.value["message"]
