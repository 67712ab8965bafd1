"""The window's words, of which some differ by service: nobody reads a word of a service that is not theirs."""

from typing import TYPE_CHECKING, Protocol

from enroller.resources import has_text, text

if TYPE_CHECKING:
    from enroller.model import ServiceName


class Words(Protocol):
    """Gives the text of a key, with its placeholders filled in; `resources.text` is the one for no service."""

    def __call__(self, key: str, /, **values: object) -> str: ...


def words(service: "ServiceName") -> Words:
    """The texts for one service: where there is `privicore.approval.intro`, it stands in for `approval.intro`."""

    def find(key: str, /, **values: object) -> str:
        own = f"{service}.{key}"
        return text(own if has_text(own) else key, **values)

    return find
