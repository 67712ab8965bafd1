"""Which source decides, and what nobody may change."""

import pytest

from enroller.errors import InputError, SetByAdministrator
from enroller.settings import Layer, Source, merged
from enroller.settings.given import checked, locked_names
from enroller.settings.names import RULES

POLICY = Layer(Source.POLICY, "the policy", {"server": "policy.example"}, frozenset({"server"}))
FILE = Layer(Source.FILE, "/etc/x", {"server": "file.example", "protect": "passphrase", "plain_file": False})
USER = Layer(Source.USER, "/home/x", {"protect": "file", "proxy": "direct"})


class TestMerged:
    def test_whoever_stands_higher_decides(self) -> None:
        given = merged([POLICY, FILE, USER])
        assert [(given[name].value, given[name].source) for name in ("server", "protect", "proxy", "key_type")] == [
            ("policy.example", "policy"),
            ("passphrase", "file"),
            ("direct", "user"),
            ("ed25519", "default"),
        ]

    def test_only_what_is_locked_is(self) -> None:
        given = merged([POLICY, FILE])
        assert given.is_locked("server")
        assert not given.is_locked("protect")
        assert not given.is_locked("key_type")

    def test_a_lock_refuses_another_value_and_says_who_set_it(self) -> None:
        given = merged([POLICY, FILE])
        with pytest.raises(
            SetByAdministrator, match=r"--server is set for this device: policy\.example, by the policy"
        ):
            given.refuse_other("server", "other.example", "--server")

    @pytest.mark.parametrize(("name", "wanted"), [("server", "policy.example"), ("server", None), ("protect", "file")])
    def test_a_lock_refuses_nothing_else(self, name: str, wanted: str | None) -> None:
        merged([POLICY, FILE]).refuse_other(name, wanted, "--x")

    def test_all_are_listed_with_their_defaults(self) -> None:
        assert [setting.name for setting in merged([]).all()] == list(RULES)
        assert merged([])["plain_file"].value is True


@pytest.mark.parametrize("name", RULES)
def test_each_example_is_a_good_value(name: str) -> None:
    example = RULES[name].example
    assert checked({name: list(example) if isinstance(example, tuple) else example}) is None


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("servr", "x", "is no setting"),
        ("server", 7, "has to be a text"),
        ("server", "", "has to be a text of 1 to 4096 characters that can be seen"),
        ("server", "a\u202eb", "has to be a text of 1 to 4096 characters that can be seen"),
        ("server", "http://acme.example", "cannot be used: Plain http"),
        ("service", "safeq", "has to be one of safeq-cloud, privicore"),
        ("rsa_bits", 3072.0, "has to be a number"),
        ("rsa_bits", True, "has to be a number"),
        ("rsa_bits", 1024, "has to be one of 2048, 3072, 4096"),
        ("plain_file", "no", "has to be true or false"),
        ("proxy", "proxy.acme.example", "cannot be used: it is direct, system or an address with its port"),
        ("proxy", "http://user:secret@proxy.acme.example:80", "cannot be used"),
        ("proxy", "http://proxy.acme.example:99999", "cannot be used"),
        ("proxy", "http://proxy.acme.example:0", "cannot be used"),
        ("proxy", "http://::80", "cannot be used"),
        ("proxy", "http://a#b:80", "cannot be used"),
        ("ca_file", "root.pem", "cannot be used: it is the whole path of a file"),
        ("language", "xx", "has to be one of en"),
        ("preset_keys", ["no key"], "cannot be used: it is a name, a colon and an Ed25519 public key"),
        ("preset_keys", "Acme: x", "has to be a list of texts"),
        ("preset_keys", [1], "has to be a list of texts"),
        ("api_key", "x", "is no setting"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(name: str, value: object, wrong: str) -> None:
    found = checked({name: value})
    assert found is not None
    assert found[0] == name
    assert found[1].startswith(wrong)


VALUES = {"server": "x", "protect": "file"}


class TestLocked:
    @pytest.mark.parametrize(
        ("locked", "names"),
        [(True, {"server", "protect"}), (False, set()), (["server"], {"server"}), ([], set())],
    )
    def test_names_what_nobody_may_change(self, locked: object, names: set[str]) -> None:
        assert locked_names({**VALUES, "locked": locked}) == names

    @pytest.mark.parametrize(
        ("locked", "why"), [("server", "has to be true"), ([1], "has to be true"), (["proxy"], "names proxy")]
    )
    def test_of_nothing_it_can_mean_is_refused(self, locked: object, why: str) -> None:
        with pytest.raises(InputError, match=why):
            locked_names({**VALUES, "locked": locked})
