"""Pseudonyms of identifiers: keyed hashes, and the key, which only its owner may read.

Without the key nobody can find out by trying whether a person was forgotten; without the hashes nobody could redact
what is delivered later. Both are kept inside the raw store, because no log can give them back.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from caw.erasure.identifiers import Identifier
from caw.feeds.keys import short_id
from caw.raw_store.objects import Objects, exists, put_bytes, read_bytes

KEY, HASHES = "key", "identifiers.parquet"  # names within the memory
KEY_BYTES = 32
HASH_DIGITS = 32  # hex: 128 bits, no two identifiers will ever share one
PSEUDONYM = "erased-"
IS_PSEUDONYM = f"{PSEUDONYM}[0-9a-f]{{{HASH_DIGITS}}}"  # as a regular expression
_PSEUDONYM = re.compile(IS_PSEUDONYM)


@dataclass(frozen=True)
class Keyring:
    """The key of one data dir."""

    key: bytes

    def hash(self, source: str, identifier: Identifier) -> str:
        """The keyed hash of an identifier within its source, in hex."""
        digest = self._begun(source, identifier.kind).copy()
        digest.update(identifier.value.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:HASH_DIGITS]

    def _begun(self, source: str, kind: str) -> hmac.HMAC:
        """The hash of all but the value, cached: to begin with the key each time costs as much as the rest."""
        found = self._all_begun.get((source, kind))
        if found is None:
            found = self._all_begun[source, kind] = hmac.new(self.key, f"{source}\0{kind}\0".encode(), "sha256")
        return found

    @cached_property
    def _all_begun(self) -> dict[tuple[str, str], hmac.HMAC]:
        return {}

    def hashes(self, source: str, identifiers: Iterable[Identifier]) -> set[str]:
        """The keyed hashes of several identifiers."""
        return {self.hash(source, identifier) for identifier in identifiers}

    def pseudonym(self, source: str, kind: str, value: str) -> str:
        """The pseudonym that is written in place of a value; one that is a pseudonym already stays.

        An id that the models have shortened has the same one as the whole.
        """
        return value if is_pseudonym(value) else PSEUDONYM + self.hash(source, Identifier(kind, short_id(value)))


def is_pseudonym(value: str) -> bool:
    """Whether a value was written in place of another one."""
    return _PSEUDONYM.fullmatch(value) is not None


class KeyLostError(Exception):
    """People were forgotten, and the key of their hashes is gone; the message says what to do."""


def read_key(memory: Objects) -> Keyring:
    """Read the key, or create it before the first hash, readable by its owner only.

    Args:
        memory: the objects of the raw store that tell of forgotten people.

    Raises:
        KeyLostError: there is none, but hashes by it.
        OSError: it cannot be read or written.
    """
    if not exists(memory, KEY):
        if exists(memory, HASHES):
            raise KeyLostError(
                f"The key of forgotten people (erasure/{KEY} in the raw store) is gone: what is delivered for them "
                f"would not be recognised. Put it back from a backup of the raw store; if there is none, remove "
                f"erasure/{HASHES} too, and land all requests to forget somebody again."
            )
        put_bytes(memory, KEY, secrets.token_bytes(KEY_BYTES))
    return Keyring(read_bytes(memory, KEY))
