"""The settings of GNOME and KDE and their scripts (PAC), by libproxy, where it is installed."""

import ctypes


def proxies(place: str) -> list[str]:
    """The proxies for the server at `place`, best first. Raises OSError where libproxy is not installed.

    A script may be loaded from a server meanwhile, so this may take long.
    """
    library = ctypes.CDLL("libproxy.so.1")
    new, get, free = library.px_proxy_factory_new, library.px_proxy_factory_get_proxies, library.px_proxy_factory_free
    new.restype = ctypes.c_void_p
    get.argtypes, get.restype = [ctypes.c_void_p, ctypes.c_char_p], ctypes.POINTER(ctypes.c_void_p)
    free.argtypes = [ctypes.c_void_p]
    factory = new()
    try:
        found = get(factory, place.encode())
        return _texts(found, library.px_proxy_factory_free_proxies) if found else []
    finally:
        free(factory)


def _texts(found: "ctypes._Pointer[ctypes.c_void_p]", give_back: "ctypes._FuncPointer") -> list[str]:
    """The texts of an array that ends with a null, which is given back."""
    texts: list[str] = []
    while (pointer := found[len(texts)]) is not None:
        texts.append(ctypes.string_at(pointer).decode("utf-8", "replace"))
    give_back.argtypes = [ctypes.POINTER(ctypes.c_void_p)]
    give_back.restype = None
    give_back(found)
    return texts
