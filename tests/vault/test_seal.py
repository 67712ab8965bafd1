"""The sealed file: bound to its header, no nonce twice, and a wrong key told from damage."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from enroller.errors import Damaged, TooNew
from enroller.model import Enrollment, Protection, Secret
from enroller.vault import Unlock, Vault, record, seal, unlock
from tests.vault.conftest import MemoryKeyStore

KEY = bytes(range(32))
KEY_ID = "0123456789abcdef" * 2
SCRYPT = seal.Scrypt(bytes(16), n=2**15)
Make = Callable[..., Enrollment]
OPENERS = [
    pytest.param(Protection.KEYRING, KEY_ID, id="keyring"),
    pytest.param(Protection.PASSPHRASE, SCRYPT, id="passphrase"),
    pytest.param(Protection.FILE, None, id="file"),
]


@pytest.mark.parametrize(("protection", "opener"), OPENERS)
def test_what_was_sealed_is_unsealed(make: Make, protection: Protection, opener: seal.Opener) -> None:
    enrollment = make(protection)
    envelope = seal.read(seal.Sealer.new("an-id", opener, KEY).seal(enrollment), "an-id")
    assert envelope.opener == opener
    assert envelope.fits(KEY)
    assert envelope.unseal(KEY) == enrollment


@pytest.mark.parametrize(("protection", "opener"), OPENERS)
def test_no_member_of_the_header_can_be_exchanged(make: Make, protection: Protection, opener: seal.Opener) -> None:
    sealer = seal.Sealer.new("an-id", opener, KEY)
    body = json.loads(sealer.seal(make(protection)))
    other = json.loads(seal.Sealer.new("an-id", opener, KEY).seal(make(protection, nonce="other")))
    exchanged = [name for name in body if body[name] != other[name]]
    assert len(exchanged) >= 2
    for name in exchanged:
        envelope = seal.read(json.dumps(body | {name: other[name]}).encode(), "an-id")
        with pytest.raises(Damaged, match="seal"):
            envelope.unseal(KEY)


def test_a_record_cannot_move_to_another_enrollment(make: Make) -> None:
    content = seal.Sealer.new("an-id", KEY_ID, KEY).seal(make(Protection.KEYRING))
    with pytest.raises(Damaged, match="another"):
        seal.read(content, "other-id")
    envelope = seal.read(content.replace(b'"an-id"', b'"other-id"'), "other-id")
    assert envelope.fits(KEY)
    with pytest.raises(Damaged, match="seal"):
        envelope.unseal(KEY)


def test_a_record_cannot_lose_its_protection(make: Make) -> None:
    content = seal.Sealer.new("an-id", None, b"").seal(make(Protection.KEYRING))
    with pytest.raises(Damaged, match="belong"):
        seal.read(content, "an-id").unseal(b"")


def test_no_two_generations_share_a_nonce(make: Make) -> None:
    sealer = seal.Sealer.new("an-id", KEY_ID, KEY)
    nonces = {json.loads(sealer.seal(make(Protection.KEYRING)))["nonce"] for _ in range(20)}
    assert len(nonces) == 20


def test_another_key_does_not_fit(make: Make) -> None:
    envelope = seal.read(seal.Sealer.new("an-id", KEY_ID, KEY).seal(make(Protection.KEYRING)), "an-id")
    assert not envelope.fits(bytes(32))


def test_later_generations_keep_the_key(make: Make) -> None:
    envelope = seal.read(seal.Sealer.new("an-id", SCRYPT, KEY).seal(make(Protection.PASSPHRASE)), "an-id")
    later = replace(make(Protection.PASSPHRASE), revision=2)
    again = seal.read(envelope.sealer(KEY).seal(later), "an-id")
    assert (again.opener, again.unseal(KEY)) == (SCRYPT, later)


class TestMemory:
    """A key is overwritten as soon as it is not needed; copies that Python and its libraries made are out of reach."""

    def test_closing_overwrites_the_key(self) -> None:
        sealer = seal.Sealer.new("an-id", KEY_ID, KEY)
        held = sealer._key
        assert held == KEY
        sealer.close()
        sealer.close()
        assert held == bytes(32)

    def test_nothing_is_sealed_with_an_overwritten_key(self, make: Make) -> None:
        sealer = seal.Sealer.new("an-id", KEY_ID, KEY)
        sealer.close()
        with pytest.raises(ValueError, match="closed"):
            sealer.seal(make(Protection.KEYRING))

    def test_a_sealer_does_not_share_its_key(self, make: Make) -> None:
        key = bytearray(KEY)
        sealer = seal.Sealer.new("an-id", KEY_ID, key)
        seal.wipe(key)
        assert seal.read(sealer.seal(make(Protection.KEYRING)), "an-id").unseal(KEY) == make(Protection.KEYRING)

    def test_an_enrollment_that_is_closed_leaves_no_key(
        self, data: Path, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wiped: list[bytes] = []
        real = seal.wipe

        def watched(key: bytearray) -> None:
            wiped.append(bytes(key))
            real(key)

        for module in (seal, unlock):
            monkeypatch.setattr(module, "wipe", watched)
        key_store = MemoryKeyStore()
        vault = Vault(data, key_store=key_store)
        vault.create(make(Protection.KEYRING), Unlock()).close()
        (entry,) = key_store.entries.values()
        key = base64.b64decode(entry.reveal())
        # By those who found it, by the sealer that read it back, and by the one of the enrollment.
        assert wiped == [key] * 3
        vault.open("an-id", Unlock()).close()
        assert wiped == [key] * 5


class TestScrypt:
    def test_it_is_the_function_of_rfc_7914(self) -> None:
        # Section 12, third vector: scrypt("pleaseletmein", "SodiumChloride", N=16384, r=8, p=1), first 32 bytes.
        key = seal.Scrypt(b"SodiumChloride", n=16384).derive(Secret("pleaseletmein"))
        assert key.hex() == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"

    def test_the_defaults_are_owasps(self) -> None:
        assert (seal.Scrypt(b"").n, seal.Scrypt(b"").r, seal.Scrypt(b"").p) == (2**17, 8, 1)

    @pytest.mark.parametrize(
        "change", [{"n": 2**30}, {"n": 3}, {"r": 9}, {"p": 0}, {"p": 100}, {"salt": "AA=="}, {"x": 1}]
    )
    def test_absurd_parameters_are_refused(self, change: dict[str, object]) -> None:
        with pytest.raises(Damaged):
            seal.Scrypt.from_json(SCRYPT.to_json() | change)


@pytest.mark.parametrize(
    "change",
    [
        {"protection": "rot13"},
        {"protection": None},
        {"key_id": "../../etc"},
        {"key_id": 5},
        {"nonce": "AA=="},
        {"check": "no base64"},
        {"sealed": None},
        {"surplus": 1},
        {"schema": "1"},
    ],
)
def test_an_envelope_is_read_strictly(make: Make, change: dict[str, object]) -> None:
    body = json.loads(seal.Sealer.new("an-id", KEY_ID, KEY).seal(make(Protection.KEYRING)))
    with pytest.raises(Damaged):
        seal.read(json.dumps(body | change).encode(), "an-id")


def test_a_newer_envelope_is_no_damage() -> None:
    with pytest.raises(TooNew):
        seal.read(json.dumps({"schema": record.SCHEMA + 1, "whatever": "comes"}).encode(), "an-id")


@pytest.mark.parametrize("bound", ["as it is", "with the other's id"])
def test_an_enrollment_cannot_be_put_into_anothers_place(bound: str, vault: Vault, data: Path, make: Make) -> None:
    for name in ("mine", "theirs"):
        vault.create(make(Protection.KEYRING, id=name), Unlock()).close()
    for file in ("sealed.json", "sealed.json.1"):
        content = (data / "enrollments" / "theirs" / "sealed.json").read_bytes()
        if bound == "with the other's id":
            content = content.replace(b'"theirs"', b'"mine"')
        (data / "enrollments" / "mine" / file).write_bytes(content)
    with pytest.raises(Damaged, match="another" if bound == "as it is" else "seal"):
        vault.open("mine", Unlock())
    vault.open("theirs", Unlock()).close()
