"""Values as a reader sees them; texts of the data are made printable, cut and escaped here and nowhere else."""

from datetime import date, datetime
from html import escape
from typing import Any

from caw.host.printable import printable

LONGEST = 120  # characters of a text
LONGEST_SENTENCE = 600  # of the warehouse's own words, which name what to do at their end
NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SHOWN_AS_TIMES = 3  # a growth beyond this is not shown in per cent
SMALLEST_WHOLE = 100  # of money that stands alone: beyond it, cents say nothing
FIGURES = frozenset({"integer", "percent", "points", "money"})


def text(value: object, longest: int = LONGEST) -> str:
    """Any text as HTML."""
    words = printable(str(value))
    return escape(words if len(words) <= longest else f"{words[: longest - 1]}\N{HORIZONTAL ELLIPSIS}")


def value(given: Any, form: str | None = None, unit: str | None = None) -> str:
    """A value as HTML: integer, percent, points, money (in the currency `unit`), sentence, instant, or by its type."""
    if given is None:
        return NOTHING
    match form:
        case "integer":
            return f"{int(given):,}"
        case "percent":
            return _signed(f"{float(given):.1%}")
        case "points":
            return _points(float(given))
        case "money":
            return _money(f"{float(given):,.2f}", unit)
        case "sentence":
            return text(given, LONGEST_SENTENCE)
    if isinstance(given, datetime):
        return f"{given:%Y-%m-%d %H:%M}"
    if isinstance(given, date):
        return f"{given:%Y-%m-%d}"
    return text(given)


def headline(given: Any, form: str, unit: str | None = None) -> str:
    """A value that stands alone: of money without the cents, unless it is little."""
    if form == "money" and given is not None and abs(given) >= SMALLEST_WHOLE:
        return _money(f"{float(given):,.0f}", unit)
    return value(given, form, unit)


def comparison(now: Any, before: Any, form: str) -> str:
    """A number's difference from the period before, and that period's number: points of a percentage, else per cent or
    times."""
    if before is None or not (before or form == "percent"):
        return "none before"
    if now is None:
        return f"before {headline(before, form)}"
    return f"{_change(float(now), float(before), form)} · before {headline(before, form)}"


def _change(now: float, before: float, form: str) -> str:
    if form == "percent":
        return _points(now - before)
    times = now / before
    return f"{times:,.1f} times" if times >= SHOWN_AS_TIMES else _signed(f"{times - 1:+.1%}")


def _points(share: float) -> str:
    return _signed(f"{share * 100:+.1f} points")


def _signed(number: str) -> str:
    return number.replace("-", MINUS)


def _money(amount: str, unit: str | None) -> str:
    return f"{_signed(amount)} {text(unit)}" if unit else _signed(amount)


def heading(column: str, form: str | None = None) -> str:
    """A column's name as words, instants with their zone."""
    words = column.replace("_", " ")
    return text(words[:1].upper() + words[1:]) + (" (UTC)" if form == "instant" else "")


def day(given: date) -> str:
    """A date on an axis."""
    return f"{given.day} {given:%b}"
