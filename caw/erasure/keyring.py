"""What stands for an identifier that went: a keyed hash, and the key that only its owner may read.

Without the key nobody can find out by trying whether somebody was forgotten; without the hashes nobody could redact
what is delivered later. Both are kept inside the raw store, because no log can give them back.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from caw.erasure.identifiers import Identifier
from caw.raw_store.store import sync_folder

KEY_BYTES = 32
BLOCK_BYTES = 64  # of SHA-256, to which HMAC fills the key up
INNER, OUTER = 0x36, 0x5C  # what HMAC mixes the key with
OWNER_ONLY = 0o600
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
        inner, outer = self._inner(source, identifier.kind).copy(), self._outer.copy()
        inner.update(identifier.value.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.hexdigest()[:HASH_DIGITS]

    def _inner(self, source: str, kind: str) -> "hashlib._Hash":
        """HMAC-SHA256's inner hash of all but the value, kept: `hmac.digest` begins with the key each time."""
        found = self._inners.get((source, kind))
        if found is None:
            found = self._inners[source, kind] = _keyed(self.key, INNER)
            found.update(f"{source}\0{kind}\0".encode())
        return found

    @cached_property
    def _inners(self) -> dict[tuple[str, str], "hashlib._Hash"]:
        return {}

    @cached_property
    def _outer(self) -> "hashlib._Hash":
        return _keyed(self.key, OUTER)

    def hashes(self, source: str, identifiers: Iterable[Identifier]) -> set[str]:
        """The keyed hashes of several identifiers."""
        return {self.hash(source, identifier) for identifier in identifiers}

    def pseudonym(self, source: str, kind: str, value: str) -> str:
        """What is written in place of a value; one that is a pseudonym already stays."""
        return value if is_pseudonym(value) else PSEUDONYM + self.hash(source, Identifier(kind, value))


def _keyed(key: bytes, pad: int) -> "hashlib._Hash":
    filled = (key if len(key) <= BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(BLOCK_BYTES, b"\0")
    return hashlib.sha256(bytes(byte ^ pad for byte in filled))


def is_pseudonym(value: str) -> bool:
    """Whether a value was written in place of another one."""
    return _PSEUDONYM.fullmatch(value) is not None


def read_key(folder: Path) -> Keyring:
    """The key that lies in a folder, made if there is none; readable by its owner only.

    Raises:
        OSError: it cannot be read or written.
    """
    path = folder / "key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / ".key.tmp"
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        sync_folder(folder)
    return Keyring(path.read_bytes())
