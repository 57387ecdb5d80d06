"""The page of one source: one HTML document without script or address, for which a browser loads nothing."""

from collections.abc import Sequence
from datetime import timedelta

from caw.report import formats
from caw.report.kinds import WIDE, body
from caw.report.rows import Shown, Subject

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f4f6f9; color: #1b2433; font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto,
  "Liberation Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 40px; }
h1 { margin: 0; font-size: 26px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 2px; font-size: 17px; }
h3 { margin: 16px 0 6px; font-size: 14px; overflow-wrap: anywhere; }
p { margin: 0 0 10px; }
.about, .note, .before, .more, .axis, footer { color: #566175; font-size: 13px; }
.about { margin: 6px 0 20px; }
.tiles { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
section { background: #fff; border: 1px solid #dde2ea; border-radius: 8px; padding: 16px 18px; min-width: 0; }
section.wide { grid-column: 1 / -1; }
.numbers { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 18px 20px; padding-top: 4px; }
.number { display: flex; flex-direction: column; min-width: 0; }
.number strong { font-size: 25px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; }
.days { display: flex; }
.days .plot { flex: 1; min-width: 0; }
svg text { font-size: 12px; fill: #566175; font-family: inherit; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; }
.key { display: inline-flex; align-items: center; gap: 6px; }
.axis { margin: 0 0 0 44px; }
.line { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 10px; align-items: end; padding: 5px 0;
  font-size: 14px; }
.line .bar { grid-row: 2; grid-column: 1 / -1; }
.wide .line { grid-template-columns: 190px minmax(0, 1fr) 130px; gap: 12px; align-items: center; padding: 3px 0; }
.wide .line .bar { grid-row: 1; grid-column: 2; }
.line .label { overflow-wrap: anywhere; }
.line .amount { font-variant-numeric: tabular-nums; }
.bar { display: block; border-radius: 3px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: #566175; font-size: 13px; border-bottom: 1px solid #c3c9d4; }
th, td { padding: 6px 14px 6px 0; vertical-align: top; }
th { vertical-align: bottom; }
th:last-child, td:last-child { padding-right: 0; }
td { border-bottom: 1px solid #eef1f5; overflow-wrap: break-word; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
td.figure, td.instant { white-space: nowrap; }
td.sentence { min-width: 260px; }
.empty { color: #566175; padding: 14px 0 4px; }
.fault { border-left: 4px solid #b35c00; background: #fff6e9; padding: 8px 12px; overflow-wrap: anywhere; }
.notice { border-left: 4px solid #33518a; background: #fff; padding: 12px 16px; margin-bottom: 16px; }
footer { margin-top: 20px; }
@media (max-width: 700px) {
  main { padding: 18px 12px 28px; }
  .tiles { grid-template-columns: minmax(0, 1fr); gap: 12px; }
  section { padding: 14px; }
  .numbers { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px 12px; }
  .number strong { font-size: 21px; }
  .wide .line { grid-template-columns: minmax(0, 1fr) auto; gap: 2px 10px; padding: 5px 0; }
  .wide .line .bar { grid-row: 2; grid-column: 1 / -1; }
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 8px 0; border-bottom: 1px solid #eef1f5; }
  td { padding: 0; border: 0; min-width: 0; overflow-wrap: anywhere; }
  td:first-child { flex-basis: 100%; font-weight: 600; }
  td.sentence { flex-basis: 100%; min-width: 0; }
  td + td:not(.sentence)::before { content: attr(data-of) " "; color: #566175; font-size: 13px; }
}
@media print {
  body { background: #fff; font-size: 11px; }
  main { max-width: none; padding: 0; }
  section, tr, .line { break-inside: avoid; }
  h2, h3, .note { break-after: avoid; }
  .scroll { overflow: visible; }
  .line, .note, .before, .more, .keys { font-size: 11px; }
  table, th { font-size: 10px; }
  th, td { padding-right: 6px; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""


def page(subject: Subject, shown: Sequence[Shown], version: str) -> tuple[str, Sequence[str]]:
    """The document, and the tiles that could not be made, a sentence each.

    Args:
        subject: the source and its days.
        shown: its tiles, in their order.
        version: caw's.
    """
    sections, faults = [], []
    for one in shown:
        made, fault = body(one)
        sections.append(
            f'<section id="{formats.text(one.tile.id)}"{_wide(one)}><h2>{formats.text(one.tile.title)}</h2>'
            f"{_note(one.tile.note)}{made}</section>"
        )
        if fault is not None:
            faults.append(f"{one.tile.id}: {fault}")
    return _document(subject, shown, sections, version), faults


def _document(subject: Subject, shown: Sequence[Shown], sections: Sequence[str], version: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Customer agent: {formats.text(subject.source)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>Customer agent: {formats.text(subject.source)}</h1>
<p class="about">{_about(subject)}</p>
{_notice(subject, shown)}<div class="tiles">
{"".join(sections)}
</div>
<footer>Customer Agent Warehouse {formats.text(version)}. Each number is a query on the published marts, declared in
dashboards/customer_agent.yml.</footer>
</main>
</body>
</html>
"""


def _about(subject: Subject) -> str:
    days = "1 day" if subject.days == 1 else f"{subject.days} days"
    today = (
        f" Conversations of {subject.to_date + timedelta(1)} until now, left out: {subject.today:,}."
        if subject.today
        else ""
    )
    first = subject.first_date
    is_young = first is not None and first > subject.from_date - timedelta(subject.days)
    since = f" The first conversation is of {first}." if is_young else ""
    return (
        f"{days}, {subject.from_date} to {subject.to_date}, in {formats.text(subject.timezone)}; "
        f"as of {formats.value(subject.as_of)} UTC.{since}{today}"
    )


def _notice(subject: Subject, shown: Sequence[Shown]) -> str:
    """Of a source without conversations: why, in the words of event_metrics."""
    if subject.conversations:
        return ""
    found = [
        row[one.columns.index("diagnosis")]
        for one in shown
        if "diagnosis" in one.columns
        for row in one.rows
        if row[0] == "conversation_started"
    ]
    why = formats.value(found[0], "sentence") if found else "See below what was delivered."
    return f'<p class="notice"><strong>No conversations yet.</strong> {why}</p>\n'


def _wide(shown: Shown) -> str:
    return ' class="wide"' if shown.tile.kind in WIDE else ""


def _note(note: str) -> str:
    return f'<p class="note">{formats.value(note, "sentence")}</p>' if note else ""
