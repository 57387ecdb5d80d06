"""How the lines of one person are redacted, in tests."""

from caw.erasure.identifiers import Identifier
from caw.erasure.keyring import Keyring
from caw.erasure.redaction import Redaction
from caw.erasure.seed_words import load_words
from caw.feeds.declared import SEEDS_DIR

SOURCE = "acme_us"
IDENTIFIERS = frozenset(
    {
        Identifier("profile_id", "p1"),
        Identifier("email", "ann@x.example"),
        Identifier("phone", "15550100"),
        Identifier("external_id", "customer"),
    }
)


def redaction_of(identifiers: frozenset[Identifier], source: str = SOURCE) -> Redaction:
    """How lines lose these people, and nobody before them."""
    words, keyring = load_words(SEEDS_DIR), Keyring(b"k" * 32)
    return Redaction(source, identifiers, keyring, words, identifiers.__contains__, identifiers.__contains__)
