"""Proxies that read what is encrypted: they show certificates of their own making, and here they are known by name."""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from enroller.text import plain

PRODUCTS = {
    "avast": "Avast",
    "avg technologies": "AVG",
    "barracuda": "Barracuda",
    "bitdefender": "Bitdefender",
    "blue coat": "Symantec ProxySG",
    "bluecoat": "Symantec ProxySG",
    "cato networks": "Cato Networks",
    "charles proxy": "Charles Proxy",
    "check point": "Check Point",
    "cisco umbrella": "Cisco Umbrella",
    "contentkeeper": "ContentKeeper",
    "do_not_trust_fiddler": "Fiddler",
    "eset ssl filter": "ESET",
    "forcepoint": "Forcepoint",
    "fortigate": "FortiGate",
    "fortinet": "FortiGate",
    "gateway ca - cloudflare": "Cloudflare Gateway",
    "goguardian": "GoGuardian",
    "iboss": "iboss",
    "ironport": "Cisco Secure Web Appliance",
    "kaspersky": "Kaspersky",
    "lightspeed": "Lightspeed",
    "mcafee web gateway": "Skyhigh Web Gateway",
    "menlo security": "Menlo Security",
    "mitmproxy": "mitmproxy",
    "netskope": "Netskope",
    "palo alto networks": "Palo Alto Networks",
    "portswigger": "Burp",
    "securly": "Securly",
    "skyhigh": "Skyhigh Web Gateway",
    "smoothwall": "Smoothwall",
    "sonicwall": "SonicWall",
    "sophos": "Sophos",
    "squid": "Squid",
    "trend micro": "Trend Micro",
    "untangle": "Untangle",
    "watchguard": "WatchGuard",
    "websense": "Forcepoint",
    "zscaler": "Zscaler",
}
"""What stands in the names of the authorities that such products make, and the product."""

WORDS = (
    "inspect",
    "intercept",
    "decrypt",
    "re-sign",
    "resign",
    "forward trust",
    "proxy",
    "web gateway",
    "ssl visibility",
)
"""What companies call the authorities of such products; of no service's own authority, but that is a guess."""

_WHERE = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Who re-signed a certificate. `product`: empty where it is only probable, by the words of the name."""

    name: str
    product: str

    def __str__(self) -> str:
        named = f"“{self.name}”"
        return f"{named} ({self.product})" if self.product and self.product.lower() not in self.name.lower() else named


def inspector(chain: Iterable[x509.Certificate]) -> Inspector | None:
    """Who re-signed the first certificate of `chain`, as far as the names of its issuers tell."""
    from enroller.http.trust import shown_name

    issuers = [one.issuer for one in chain]
    for known in issuers:
        said = _words(known)
        product = next((product for mark, product in PRODUCTS.items() if mark in said), None)
        if product:
            return Inspector(shown_name(known), product)
    guessed = next((one for one in issuers if any(word in _words(one) for word in WORDS)), None)
    return Inspector(shown_name(guessed), "") if guessed is not None else None


def _words(name: x509.Name) -> str:
    return " ".join(plain(str(one.value)).lower() for where in _WHERE for one in name.get_attributes_for_oid(where))
