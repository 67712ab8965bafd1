"""The system's roots are found also where OpenSSL looks for them in another distribution's place."""

import ssl
import sys
from pathlib import Path

import pytest

from enroller.http import trust
from tests.http.servers import certificate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have one place")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A distribution that keeps its roots elsewhere."""
    file = tmp_path / "ca-bundle.pem"
    file.write_bytes(certificate("a root").public + certificate("another").public)
    monkeypatch.setattr(trust, "BUNDLES", (str(tmp_path / "nothing"), str(file)))
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return file


@pytest.fixture
def _openssl_finds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)


@pytest.mark.usefixtures("_openssl_finds_none")
def test_the_bundle_of_the_distribution_is_taken(there: Path) -> None:
    assert trust.bundle() == str(there)
    assert trust.count_system_roots() == 2


@pytest.mark.usefixtures("_openssl_finds_none", "there")
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_who_names_another_place_gets_that_alone(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "/nowhere")
    assert trust.bundle() is None
    assert trust.count_system_roots() == 0


def test_where_openssl_finds_them_nothing_is_added(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = there.with_name("own.pem")
    own.write_bytes(certificate("found by OpenSSL").public)
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda context: context.load_verify_locations(own))
    assert trust.count_system_roots() == 1
