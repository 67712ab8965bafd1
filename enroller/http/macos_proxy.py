"""The settings of macOS and their script (PAC), by CFNetwork. **Not verified**: written to Apple's pages."""

import sys

if sys.platform == "darwin":
    import ctypes
    from ctypes import c_bool, c_char_p, c_double, c_int32, c_long, c_uint32, c_void_p
    from typing import Any

    _UTF8 = 0x08000100  # kCFStringEncodingUTF8
    _SLICE = 0.25
    _KINDS = {
        "kCFProxyTypeHTTP": "http",
        "kCFProxyTypeHTTPS": "http",  # a proxy for https, which is asked by CONNECT
        "kCFProxyTypeSOCKS": "socks5",
    }
    _Told = ctypes.CFUNCTYPE(None, c_void_p, c_void_p, c_void_p)

    class _Context(ctypes.Structure):
        """CFStreamClientContext."""

        _fields_ = tuple((name, c_void_p) for name in ("version", "info", "retain", "release", "describe"))

    _cf = ctypes.CDLL("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation")
    _net = ctypes.CDLL("/System/Library/Frameworks/CFNetwork.framework/CFNetwork")

    def proxies(place: str) -> list[str]:
        """The proxies for the server at `place`, best first. A script is run, which may take long."""
        _declare()
        url = _url(place)
        settings = _net.CFNetworkCopySystemProxySettings()
        try:
            found = _net.CFNetworkCopyProxiesForURL(url, settings)
            try:
                return _addresses(found, url)
            finally:
                _cf.CFRelease(found)
        finally:
            _cf.CFRelease(settings)
            _cf.CFRelease(url)

    def _addresses(found: int, url: int, *, scripts: bool = True) -> list[str]:
        """The entries of a CFArray of proxies; a script among them is run."""
        addresses: list[str] = []
        for index in range(_cf.CFArrayGetCount(found)):
            entry = _cf.CFArrayGetValueAtIndex(found, index)
            kind = _cf.CFDictionaryGetValue(entry, _key("kCFProxyTypeKey"))
            if scripts and _cf.CFEqual(kind, _key("kCFProxyTypeAutoConfigurationURL")):
                addresses += _by_script(_cf.CFDictionaryGetValue(entry, _key("kCFProxyAutoConfigurationURLKey")), url)
            elif _cf.CFEqual(kind, _key("kCFProxyTypeNone")):
                addresses.append("direct://")
            for name, scheme in _KINDS.items():
                if _cf.CFEqual(kind, _key(name)):
                    addresses.append(f"{scheme}://{_place(entry)}")
        return addresses

    def _by_script(script: int, url: int) -> list[str]:
        told: list[list[str]] = []

        def hear(_info: int, found: int | None, _error: int | None) -> None:
            told.append(_addresses(found, url, scripts=False) if found else [])

        callback, mode = _Told(hear), ctypes.c_void_p.in_dll(_cf, "kCFRunLoopDefaultMode")
        source = _net.CFNetworkExecuteProxyAutoConfigurationURL(script, url, callback, ctypes.byref(_Context()))
        loop = _cf.CFRunLoopGetCurrent()
        _cf.CFRunLoopAddSource(loop, source, mode)
        while not told:
            _cf.CFRunLoopRunInMode(mode, _SLICE, True)
        _cf.CFRunLoopSourceInvalidate(source)
        _cf.CFRelease(source)
        return told[0]

    def _place(entry: int) -> str:
        host = ctypes.create_string_buffer(512)
        _cf.CFStringGetCString(_cf.CFDictionaryGetValue(entry, _key("kCFProxyHostNameKey")), host, 512, _UTF8)
        port = c_int32()
        number = _cf.CFDictionaryGetValue(entry, _key("kCFProxyPortNumberKey"))
        _cf.CFNumberGetValue(number, 3, ctypes.byref(port))  # kCFNumberSInt32Type
        return f"{host.value.decode()}:{port.value}"

    def _url(text: str) -> int:
        string = _cf.CFStringCreateWithCString(None, text.encode(), _UTF8)
        try:
            return int(_cf.CFURLCreateWithString(None, string, None))
        finally:
            _cf.CFRelease(string)

    def _key(name: str) -> c_void_p:
        return c_void_p.in_dll(_net, name)

    def _declare() -> None:
        """The types of what is called: a pointer is no int."""
        p = c_void_p
        types: tuple[tuple[Any, Any, list[Any]], ...] = (
            (_cf.CFRelease, None, [p]),
            (_cf.CFArrayGetCount, c_long, [p]),
            (_cf.CFArrayGetValueAtIndex, p, [p, c_long]),
            (_cf.CFDictionaryGetValue, p, [p, p]),
            (_cf.CFEqual, c_bool, [p, p]),
            (_cf.CFNumberGetValue, c_bool, [p, c_long, p]),
            (_cf.CFStringCreateWithCString, p, [p, c_char_p, c_uint32]),
            (_cf.CFStringGetCString, c_bool, [p, c_char_p, c_long, c_uint32]),
            (_cf.CFURLCreateWithString, p, [p, p, p]),
            (_cf.CFRunLoopGetCurrent, p, []),
            (_cf.CFRunLoopAddSource, None, [p, p, p]),
            (_cf.CFRunLoopRunInMode, c_int32, [p, c_double, c_bool]),
            (_cf.CFRunLoopSourceInvalidate, None, [p]),
            (_net.CFNetworkCopySystemProxySettings, p, []),
            (_net.CFNetworkCopyProxiesForURL, p, [p, p]),
            (_net.CFNetworkExecuteProxyAutoConfigurationURL, p, [p, p, _Told, p]),
        )
        for function, result, arguments in types:
            function.restype, function.argtypes = result, arguments
