"""Vendors' words (spec §2.3.9): the rows of vendor_words.csv, and the form in which their words are compared.

A word is matched like all words, here without accents too, so that a new name needs a row and no code. What does not
belong here: what a vendor's metrics mean (klaviyo_metrics.py), and who the AI's own users are.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from caw.adapters.transcript_values import is_text
from caw.feeds.seeds import rows_of, seed_file, word_form

SEED = "vendor_words"
COLUMNS = ("vendor", "field", "value", "means")
SHORT = 100  # characters of a text whose form is remembered: names come again, texts of messages do not
FORMS_REMEMBERED = 10_000


@dataclass(frozen=True)
class VendorWords:
    """The words of one vendor.

    Attributes:
        means: by the forms of field and value.
    """

    means: Mapping[tuple[str, str], str]

    def meaning(self, name: str, value: Any) -> str | None:
        """The meaning of a field's value; None for one that no row knows, and for what is no text.

        Args:
            name: of the field, in the form in which words are compared.
            value: of a parsed line.
        """
        return self.means.get((name, vendor_form(value))) if is_text(value) else None

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all of them: what was expanded by other words is out of date."""
        return hashlib.sha256(repr(sorted(self.means.items())).encode()).hexdigest()


def vendor_form(text: str) -> str:
    """The form in which vendors' words are compared: as all words are, without accents; any white space is a space."""
    return _form_of_short(text) if len(text) <= SHORT else _form(text)


def load_vendor_words(seeds: Path, vendor: str) -> VendorWords:
    """Read one vendor's rows of vendor_words.csv; a folder that lacks it has the packaged ones.

    Raises:
        ValueError: a row is wrong, also another vendor's; the message names it.
    """
    means: dict[tuple[str, str, str], str] = {}
    for where, row in vendor_rows(seed_file(seeds, SEED), COLUMNS, filled=COLUMNS):
        key = (vendor_form(row["vendor"]), vendor_form(row["field"]), vendor_form(row["value"]))
        if means.setdefault(key, row["means"]) != row["means"]:
            raise ValueError(f"{where}: {row['value']} means {means[key]} in another row of this vendor and field")
    return VendorWords({key[1:]: meaning for key, meaning in means.items() if key[0] == vendor})


def vendor_rows(path: Path, columns: Sequence[str], filled: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """(where, row) of a vendor's seed, cells trimmed; rows are numbered from 1 after the header.

    Args:
        path: of the file; a column that it lacks is blank.
        columns: that are read.
        filled: columns that are never blank.

    Raises:
        ValueError: a cell of those is blank; the message names row and column.
    """
    for number, given in enumerate(rows_of(path), 1):
        where = f"{path.name} row {number}"
        row = {name: (given.get(name) or "").strip() for name in columns}
        for name in filled:
            if not row[name]:
                raise ValueError(f"{where}: {name} must not be blank")
        yield where, row


def _form(text: str) -> str:
    split = unicodedata.normalize("NFD", _SPACE.sub(" ", text))
    return word_form("".join(character for character in split if not unicodedata.combining(character)))


_SPACE = re.compile(r"\s")
_form_of_short = lru_cache(FORMS_REMEMBERED)(_form)
