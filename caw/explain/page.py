"""Lays out one person's records and verdicts as text, in columns as wide as they need."""

from collections import Counter
from collections.abc import Iterator, Sequence

from caw.explain.gates import VERDICTS, Tested, Trigger
from caw.explain.people import Person
from caw.explain.records import Section
from caw.feeds.declared import retargeting_gates
from caw.host.printable import printable

LONGEST_CELL = 160  # characters; a first message may be a page
GATE_WIDTH = max(len(name) for name in retargeting_gates())
VERDICT_WIDTH = max(len(verdict) for verdict in VERDICTS.values())


def person_page(
    person: Person,
    as_of: str,
    sections: Sequence[Section],
    verdicts: Sequence[tuple[Sequence[Trigger], Sequence[tuple[Trigger, Sequence[Tested]]]]],
) -> str:
    """Everything about one person, as lines of text.

    Args:
        person: the shopper.
        as_of: the instant of the verdicts, UTC.
        sections: the person's records.
        verdicts: of each policy the earlier triggers, which are counted, and the latest ones with their gates.
    """
    lines = [f"{shown(person.profile_id)} of {person.source}, found by {person.by}; as of {as_of}, instants in UTC"]
    for section in sections:
        lines += ["", section.title if section.rows else f"{section.title}: none", *table(section.rows)]
    lines += ["", "Verdicts" if verdicts else "Verdicts: none, as no policy's event has fired for this profile"]
    for earlier, latest in verdicts:
        lines += _counted(earlier) if earlier else []
        for trigger, gates in latest:
            lines += _verdict(trigger, gates)
    return "\n".join(lines)


def table(rows: Sequence[Sequence[str | None]]) -> Iterator[str]:
    """Rows as lines with aligned columns; a column in which no row has anything is left out."""
    cells = [[shown(cell or "") for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        columns = [cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width]
        yield "  " + "  ".join(columns).rstrip()


def shown(text: str) -> str:
    """A text of the data for one line: printable, and cut."""
    return printable(text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}\N{HORIZONTAL ELLIPSIS}")


def _counted(triggers: Sequence[Trigger]) -> Iterator[str]:
    """One policy's earlier triggers, counted by status."""
    statuses = Counter(trigger.status for trigger in triggers)
    counted = ", ".join(f"{times:,} {status}" for status, times in statuses.most_common())
    yield f"  {shown(triggers[0].policy_id)}: {len(triggers):,} earlier triggers, {counted}; each of them is in"
    yield "    retargeting.retargeting_eligibility"


def _verdict(trigger: Trigger, gates: Sequence[Tested]) -> Iterator[str]:
    failed = f" by {', '.join(trigger.failed_gates)}" if trigger.status == "blocked" else ""
    yield f"  {shown(trigger.policy_id)}: {trigger.status.upper()}{failed}"
    yield f"    {trigger.event_name} {trigger.triggered_at}, conversation {shown(trigger.conversation_id)}"
    yield f"    checked as of {trigger.judged_at}, may go out from {trigger.send_after}, expires {trigger.expires_at}"
    for number, gate in enumerate(gates, start=1):
        head = f"    {number:>2}  {gate.name:<{GATE_WIDTH}}  {gate.verdict:<{VERDICT_WIDTH}}  "
        for place, row in enumerate(gate.rows):
            yield (" " * len(head) if place else head) + shown(row)
