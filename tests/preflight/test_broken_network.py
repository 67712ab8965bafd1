"""The command in networks that are really broken: the kernel gives one program a network of its own, where it may.

Where it may not (a container without the right), the same cases are tested with an injected resolver and real sockets.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from enroller.preflight import NAMES

NO_KEY_STORE = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

NETWORKS = {
    "none": "true",
    # What is sent comes back to this machine, which it is not for: so it is lost, as in a black hole.
    "black hole": "ip link set lo up && ip addr add 192.0.2.9/32 dev lo && ip route add default dev lo",
}
"""How each network is made, in a name space that has nothing but a sleeping loopback device."""

Found = dict[str, dict[str, Any]]


def doctor(network: str, server: str, folder: Path, proxy: str = "") -> Found:
    """What `enroller doctor` says there, check by check; fails where it takes as long as people would not wait."""
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 198.51.100.53\n")
    program = [sys.executable, "-m", "enroller", "--data-dir", str(folder / "data"), "doctor", "--json"]
    made = f'mount --bind {resolver} /etc/resolv.conf && {NETWORKS[network]} && exec "$@"'
    own = ["unshare", "--net", "--mount", "--", "sh", "-c", made, "sh"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives nobody a network of its own")
    environment = {"PATH": "/usr/bin:/usr/sbin:/bin:/sbin", **NO_KEY_STORE, **({"HTTPS_PROXY": proxy} if proxy else {})}
    begun = time.monotonic()
    done = subprocess.run(
        [*own, *program, "--server", server], env=environment, capture_output=True, text=True, check=False
    )
    assert time.monotonic() - begun < 10
    assert done.stderr == ""
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    assert tuple(check["name"] for check in checks) == NAMES
    return {check["name"]: check for check in checks}


pytestmark = pytest.mark.skipif(shutil.which("unshare") is None, reason="only Linux has such networks")


def test_without_a_network_no_name_is_blamed(tmp_path: Path) -> None:
    name = doctor("none", "acme.example", tmp_path)["name"]
    assert (name["ok"], name["code"], name["whose"]) == (False, "no_network", "technician")
    assert name["found"] == "There is no way to acme.example: this device has no network."


def test_without_a_network_no_proxy_is_blamed(tmp_path: Path) -> None:
    proxy = doctor("none", "acme.example", tmp_path, proxy="http://192.0.2.1:3128")["proxy"]
    assert (proxy["ok"], proxy["code"]) == (False, "no_network")


def test_a_name_server_that_is_silent(tmp_path: Path) -> None:
    name = doctor("black hole", "acme.example", tmp_path)["name"]
    assert (name["ok"], name["code"]) == (False, "no_network")
    assert name["found"] == "The name acme.example could not be looked up: the name server is silent."


def test_a_server_that_is_swallowed(tmp_path: Path) -> None:
    found = doctor("black hole", "198.51.100.7:7400", tmp_path)
    assert found["connection"]["code"] == "connection_failed"
    assert found["connection"]["found"] == "Nobody answered in time at 198.51.100.7, port 7400."
    assert found["service"]["ok"] is None
