"""The proxy that the settings name for a server, and the way through it. One way for requests and the push channel."""

import base64
import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from enroller import errors, settings
from enroller.http import USER_AGENT, socks
from enroller.http.stream import Stream
from enroller.model import Login, Secret
from enroller.settings.names import DIRECT, SYSTEM
from enroller.text import plain

PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
"""Where none is given. RFC 9110, sections 4.2.1 and 4.2.2; RFC 1928, section 3. A `socks` proxy looks names up."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and where its name comes from (`source`, in words: "the environment variable HTTPS_PROXY").

    `login`: what its address carries, or what somebody has given instead. No name shows it.
    """

    kind: str
    host: str
    port: int
    source: str
    login: Login | None = None

    @property
    def name(self) -> str:
        """Host and port, for people."""
        return f"{plain(self.host, 100)}:{self.port}"


def proxy_for(url: str) -> Proxy | None:
    """The proxy for `url` by the environment, the administrator's settings, or the system's and their scripts (PAC).

    The first of them that says something decides; what the administrator has locked, before the environment.

    Plain http is for this machine alone (`address.canonical`), and a proxy has another one: there is none for it. Takes
    up to `system_proxy.PATIENCE` seconds. Raises ProxyFailed where the setting cannot be used.
    """
    if urlsplit(url).scheme not in ("https", "wss"):
        return None
    managed = settings.current()["proxy"]
    named = None if managed.locked else by_environment(url)
    if named is None and managed.value != SYSTEM:
        named = "" if managed.value == DIRECT else managed.value, f"the setting “proxy” ({managed.where})"
    if named is None:
        from enroller.http.system_proxy import by_system

        named = by_system(url)
    return None if named is None or not named[0] else read(*named)


def by_environment(url: str) -> tuple[str, str] | None:
    """The proxy's address that an environment variable gives, empty where one forbids it; and which variable.

    None where no variable says anything, and where one leaves it to a script (`pac+http://…`, as libproxy knows it).
    """
    from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

    proxies = getproxies_environment()
    if proxy_bypass_environment(urlsplit(url).netloc.rpartition("@")[2], proxies):
        return "", "the environment variable NO_PROXY"
    for kind in ("https", "all"):
        address = proxies.get(kind)
        if address:
            return None if address.startswith("pac+") else (address, _variable(f"{kind}_proxy", address))
    return None


def read(address: str, source: str) -> Proxy:
    """A proxy as settings write it. Raises ProxyFailed."""
    unknown = errors.ProxyFailed(f"The proxy in {source} is of a kind that Enroller does not know.")
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        kind, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        raise unknown from None
    if kind not in PORTS or not host:
        raise unknown
    login = Login(unquote(parts.username), Secret(unquote(parts.password or ""))) if parts.username else None
    return Proxy(kind, host, port or PORTS[kind], source, login)


def tunnel(stream: Stream, proxy: Proxy, host: str, port: int, until: float) -> None:
    """Makes a connection to the proxy one to `host`. Raises ProxyLogin, ProxyFailed."""
    try:
        if proxy.kind.startswith("socks"):
            _by_socks(stream, proxy, host, port, until)
        else:
            _by_connect(stream, proxy, host, port, until)
    except TimeoutError:
        raise errors.ProxyFailed(f"The proxy {proxy.name} takes the connection, and then is silent.") from None
    except OSError:
        raise errors.ProxyFailed(f"The proxy {proxy.name} cut the connection off.") from None


def _by_connect(stream: Stream, proxy: Proxy, host: str, port: int, until: float) -> None:
    """RFC 9110, section 9.3.6."""
    import httpcore

    from enroller.http.wire import Wire

    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers: dict[bytes | str, bytes | str] = {"Host": target, "User-Agent": USER_AGENT}
    if proxy.login:
        basic = f"{proxy.login.name}:{proxy.login.password.reveal()}".encode()  # RFC 7617
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(basic).decode()}"
    where = httpcore.URL(scheme=b"http", host=proxy.host.encode(), port=proxy.port, target=target.encode())
    talk = httpcore.HTTP11Connection(where.origin, Wire(stream, until))
    try:
        answer = talk.handle_request(httpcore.Request("CONNECT", where, headers=headers))
    except httpcore.ProtocolError:
        raise errors.ProxyFailed(f"{proxy.name} does not answer as a proxy does.") from None
    if 200 <= answer.status < 300:
        return
    # 407 is the status for it (RFC 9110, section 15.5.8); tinyproxy says 401 where the login is a wrong one.
    if answer.status in (401, 407):
        named = (b"proxy-authenticate", b"www-authenticate")
        raise _wants_login(proxy, schemes([v.decode("latin-1") for name, v in answer.headers if name.lower() in named]))
    reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")
    raise _refused(proxy, f"{plain(host)}, port {port}", answer.status, reason)


def schemes(challenges: list[str]) -> list[str]:
    """The schemes that `Proxy-Authenticate` offers, each once (RFC 9110, section 11.6.1)."""
    found = []
    for challenge in challenges:
        for part in _QUOTED.sub("", challenge).split(","):
            first = part.split()[:1]
            if first and "=" not in first[0]:
                found.append(plain(first[0], 20))
    return list(dict.fromkeys(found))[:6]


def _wants_login(proxy: Proxy, offered: list[str]) -> errors.ProxyFailed:
    shown = " or ".join(offered) or "Basic"
    if offered and not any(one.lower() == "basic" for one in offered):
        return errors.ProxyFailed(
            f"The proxy {proxy.name} only lets in who logs in by {shown}, which Enroller cannot.",
            advice="IT's turn: ask your network's administrator to let this device through without a login, or with a "
            "user name and password (Basic).",
        )
    if proxy.login:
        return errors.ProxyLogin(f"The proxy {proxy.name} does not accept the user name and password ({shown}).")
    return errors.ProxyLogin(f"The proxy {proxy.name} wants a user name and password ({shown}).")


def _refused(proxy: Proxy, there: str, status: int, reason: str) -> errors.ProxyFailed:
    said = f"{status} {plain(reason, 60)}".strip()
    if status >= 500:  # RFC 9110, section 15.6: the proxy tried, and failed
        return errors.ProxyFailed(
            f"The proxy {proxy.name} does not reach {there} ({said}).",
            advice="Check the address. If it is right, ask your network's administrator whether the proxy knows it.",
        )
    return errors.ProxyFailed(f"The proxy {proxy.name} does not let us through to {there} ({said}).")


def _by_socks(stream: Stream, proxy: Proxy, host: str, port: int, until: float) -> None:
    try:
        socks.connect(stream, (host, port), proxy.login, until)
    except socks.LoginWantedError:
        raise _wants_login(proxy, []) from None
    except socks.RefusedError as refused:
        there = f"{plain(host)}, port {port}"
        raise errors.ProxyFailed(f"The proxy {proxy.name} does not connect to {there}: {refused}.") from None
    except ValueError:
        raise errors.ProxyFailed(f"{proxy.name} does not answer as a SOCKS proxy does.") from None


def _variable(name: str, value: str) -> str:
    """Which of the spellings has that value; the lower-case one wins, as in Python's own library."""
    spelled = sorted((v for v in os.environ if v.lower() == name and os.environ[v] == value), reverse=True)
    return f"the environment variable {spelled[0] if spelled else name}"
