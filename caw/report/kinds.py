"""Tiles of each kind: their rows as HTML. All that comes from data goes through formats.py."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from caw.report import charts, formats
from caw.report.rows import Shown

WIDE = frozenset({"numbers", "days", "waterfall", "table"})  # the page's whole width


def body(shown: Shown) -> tuple[str, str | None]:
    """A tile's content: its chart or table, an empty state, or why it could not be made, which is also the second."""
    fault, made = shown.fault, ""
    if fault is None:
        try:
            made = _made(shown)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as wrong:  # may quote a value
            fault = f"its rows are not those of kind {shown.tile.kind} ({type(wrong).__name__})"
    if fault is not None:
        made = f'<p class="fault">This tile could not be made: {formats.value(fault, "sentence")}</p>'
    return made, fault


def _made(shown: Shown) -> str:
    rows = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
    return MAKERS[shown.tile.kind](shown, rows) if rows else _empty(shown)


def _empty(shown: Shown) -> str:
    return f'<p class="empty">{formats.text(shown.tile.empty)}</p>'


def _numbers(_: Shown, rows: Sequence[Mapping[str, Any]]) -> str:
    cards = [
        f'<div class="number"><span class="label">{formats.text(row["label"])}</span>'
        f"<strong>{formats.headline(row['value'], row['format'], row['unit'])}</strong>"
        f'<span class="before">{formats.comparison(row["value"], row["previous"], row["format"])}</span></div>'
        for row in rows
    ]
    return f'<div class="numbers">{"".join(cards)}</div>'


def _days(shown: Shown, rows: Sequence[Mapping[str, Any]]) -> str:
    names = [name for name in shown.columns if name != "date"]
    series = {name: [int(row[name] or 0) for row in rows] for name in names}
    if not any(map(any, series.values())):
        return _empty(shown)
    keys = [
        f'<span class="key"><svg width="11" height="11" aria-hidden="true"><rect width="11" height="11" '
        f'fill="{charts.COLOURS[name]}"/></svg>{formats.heading(name)} {sum(values):,}</span>'
        for name, values in series.items()
    ]
    chart = charts.stacked_days([row["date"] for row in rows], series, formats.text(shown.tile.title))
    return f'<p class="keys">{"".join(keys)}</p>{chart}<p class="axis">Conversations a day</p>'


def _bars(shown: Shown, rows: Sequence[Mapping[str, Any]]) -> str:
    form = shown.tile.formats
    most = 1.0 if form.get("value") == "percent" else max(float(row["value"] or 0) for row in rows) or 1.0
    others = [name for name in shown.columns if name not in ("label", "value")]
    lines = []
    for row in rows:
        more = "".join(
            f' <span class="more">{"of " if name == "of" else ""}{formats.value(row[name], form.get(name))}</span>'
            for name in others
        )
        lines.append(
            f'<div class="line"><span class="label">{formats.text(row["label"])}</span>'
            f"{charts.bar(float(row['value'] or 0) / most, shown.tile.colour)}"
            f'<span class="amount">{formats.value(row["value"], form.get("value"))}{more}</span></div>'
        )
    return "".join(lines)


def _waterfall(_: Shown, rows: Sequence[Mapping[str, Any]]) -> str:
    """A bar a stage: what remains, and at its right what the stage took away."""
    parts = []
    for part, grouped in groupby(rows, key=lambda row: row["part"]):
        stages = list(grouped)
        lines = []
        for row in stages:
            most = float(stages[0]["change"]) or 1.0
            lost = row["change"] < 0
            share = abs(float(row["change"])) / most
            bar = charts.bar(share, "lost" if lost else "count", float(row["remaining"]) / most if lost else 0.0)
            amount = f"{formats.MINUS}{-row['change']:,}" if lost else f"{row['change']:,}"
            lines.append(
                f'<div class="line"><span class="label">{formats.text(str(row["label"]).replace("_", " "))}</span>{bar}'
                f'<span class="amount">{amount} <span class="more">{share:.1%}</span></span></div>'
            )
        parts.append(f"<h3>{formats.text(part)}</h3>{''.join(lines)}")
    return "".join(parts)


def _table(shown: Shown, rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of cells that each carry their heading, so that a phone shows a row as a few lines of words and numbers."""
    form = shown.tile.formats
    names = {name: formats.heading(name, form.get(name)) for name in shown.columns if name != "currency"}
    head = "".join(f'<th scope="col"{_class(form.get(name))}>{words}</th>' for name, words in names.items())
    lines = [
        "<tr>"
        + "".join(
            f'<td data-of="{words}"{_class(form.get(name))}>'
            f"{formats.value(row[name], form.get(name), row.get('currency'))}</td>"
            for name, words in names.items()
        )
        + "</tr>"
        for row in rows
    ]
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _class(form: str | None) -> str:
    name = "figure" if form in formats.FIGURES else form
    return f' class="{name}"' if name in ("figure", "instant", "sentence") else ""


MAKERS = {"numbers": _numbers, "days": _days, "bars": _bars, "waterfall": _waterfall, "table": _table}
