"""Values as a reader sees them; texts of the data are made printable, cut and escaped here and nowhere else."""

from datetime import date, datetime
from html import escape
from typing import Any

from caw.host.printable import printable

LONGEST = 120  # characters of a text
NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TOLD_AS_TIMES = 3  # a growth beyond this is not told in per cent
SMALLEST_WHOLE = 100  # of money: beyond it, cents say nothing


def text(value: object) -> str:
    """Any text as HTML."""
    words = printable(str(value))
    return escape(words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}")


def value(given: Any, form: str | None = None, unit: str | None = None) -> str:
    """A value as HTML: integer, percent, money (in the currency `unit`), instant, or by its type."""
    if given is None:
        return NOTHING
    match form:
        case "integer":
            return f"{int(given):,}"
        case "percent":
            return f"{float(given):.1%}"
        case "money":
            amount = f"{float(given):,.0f}" if abs(given) >= SMALLEST_WHOLE else f"{float(given):,.2f}"
            return f"{amount} {text(unit)}" if unit else amount
    if isinstance(given, datetime):
        return f"{given:%Y-%m-%d %H:%M}"
    if isinstance(given, date):
        return f"{given:%Y-%m-%d}"
    return text(given)


def change(now: Any, before: Any, form: str) -> str:
    """How a number differs from that of the period before: points of a percentage, else per cent or times."""
    if now is None or before is None:
        return NOTHING
    if form == "percent":
        return f"{(float(now) - float(before)) * 100:+.1f} points".replace("-", MINUS)
    if not before:
        return "none before" if now else "as before"
    times = float(now) / float(before)
    return f"{times:,.1f} times" if times >= TOLD_AS_TIMES else f"{times - 1:+.1%}".replace("-", MINUS)


def heading(column: str) -> str:
    """A column's name as words."""
    words = column.replace("_", " ")
    return text(words[:1].upper() + words[1:])


def day(given: date) -> str:
    """A date on an axis."""
    return f"{given.day} {given:%b}"
