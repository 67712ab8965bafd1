"""The settings of Windows and their script (PAC), by WinHTTP. **Not verified**: written to Microsoft's pages.

What was set by hand is read by Python's own library.
"""

import sys

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    _NO_PROXY = 1  # WINHTTP_ACCESS_TYPE_NO_PROXY
    _DETECT, _SCRIPT = 1, 2  # WINHTTP_AUTOPROXY_AUTO_DETECT, WINHTTP_AUTOPROXY_CONFIG_URL
    _BY_DHCP_AND_DNS = 3  # WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A

    class _Settings(ctypes.Structure):
        """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG."""

        _fields_ = (
            ("detect", wintypes.BOOL),
            ("script", wintypes.LPWSTR),
            ("proxy", wintypes.LPWSTR),
            ("bypass", wintypes.LPWSTR),
        )

    class _Options(ctypes.Structure):
        """WINHTTP_AUTOPROXY_OPTIONS."""

        _fields_ = (
            ("flags", wintypes.DWORD),
            ("detect_by", wintypes.DWORD),
            ("script", wintypes.LPCWSTR),
            ("reserved", ctypes.c_void_p),
            ("reserved_too", wintypes.DWORD),
            ("log_on", wintypes.BOOL),
        )

    class _Info(ctypes.Structure):
        """WINHTTP_PROXY_INFO."""

        _fields_ = (("access", wintypes.DWORD), ("proxy", wintypes.LPWSTR), ("bypass", wintypes.LPWSTR))

    def proxies(place: str) -> list[str]:
        """The proxies for the server at `place`, best first: by the script where there is one, else as set by hand."""
        scripted = _by_script(place)
        if scripted is not None:
            return scripted
        named = getproxies().get("https")
        return [named] if named and not proxy_bypass(urlsplit(place).netloc) else []

    def _by_script(place: str) -> list[str] | None:
        winhttp = ctypes.WinDLL("winhttp", use_last_error=True)
        settings = _Settings()
        if not winhttp.WinHttpGetIEProxyConfigForCurrentUser(ctypes.byref(settings)):
            return None
        flags = (_DETECT if settings.detect else 0) | (_SCRIPT if settings.script else 0)
        if not flags:
            return None
        options = _Options(flags, _BY_DHCP_AND_DNS if settings.detect else 0, settings.script, None, 0, True)
        winhttp.WinHttpOpen.restype = ctypes.c_void_p
        session = ctypes.c_void_p(winhttp.WinHttpOpen("Enroller", _NO_PROXY, None, None, 0))
        try:
            info = _Info()
            asked = winhttp.WinHttpGetProxyForUrl(session, place, ctypes.byref(options), ctypes.byref(info))
            if not asked:
                return None
            return [] if info.access == _NO_PROXY or not info.proxy else _addresses(info.proxy)
        finally:
            winhttp.WinHttpCloseHandle(session)

    def _addresses(said: str) -> list[str]:
        """From `host:port;host:port`, perhaps with a scheme."""
        return [one if "://" in one else f"http://{one}" for one in said.replace(";", " ").split()]
