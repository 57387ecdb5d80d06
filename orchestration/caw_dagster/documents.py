"""Sections of docs/feeds.md and docs/specification.md as metadata of assets, which Dagster shows wherever it runs.

The words themselves and no link: a wheel has the two documents but no server for them, and a browser opens no file for
a page of Dagster's. docs/data_dictionary.md is not here: it is made of the descriptions that the assets have anyway.
"""

import re
from collections.abc import Mapping
from functools import cache

import dagster as dg

from caw.feeds.declared import PROJECT_ROOT

DOCUMENTS = PROJECT_ROOT / "docs"
FEEDS = "docs/feeds.md"
SPECIFICATION = "docs/specification.md"
CITED = re.compile(r"§(\d+(?:\.\d+)*)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
ANCHOR = re.compile(r'^<a id="[^"]*"></a>\n+', re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")


def feed_guide(feed: str) -> Mapping[str, dg.MarkdownMetadataValue]:
    """A feed's chapter of docs/feeds.md: its fields, with examples. Empty for a feed that has none."""
    chapter = _sections("feeds.md").get(feed)
    return {} if chapter is None else {FEEDS: dg.MetadataValue.md(chapter)}


def cited_sections(description: str) -> Mapping[str, dg.MarkdownMetadataValue]:
    """The sections of the specification that a description cites as §2.1.5, in its order."""
    sections = _sections("specification.md")
    cited = [number for number in CITED.findall(description) if number in sections]
    return {f"{SPECIFICATION}, §{number}": dg.MetadataValue.md(sections[number]) for number in cited}


@cache
def _sections(name: str) -> Mapping[str, str]:
    """A document's sections with all below them, by the first word of their headings; links are their words alone."""
    text = LINK.sub(r"\1", ANCHOR.sub("", (DOCUMENTS / name).read_text(encoding="utf-8")))
    headings = list(HEADING.finditer(text))
    sections = {}
    for position, heading in enumerate(headings):
        level = len(heading[1])
        after = (later.start() for later in headings[position + 1 :] if len(later[1]) <= level)
        sections[heading[2].split()[0].rstrip(".")] = text[heading.start() : next(after, len(text))].strip()
    return sections
