"""The smallest effect that each experiment of retargeting_experiments.csv can see, in words (spec §8.7).

The figures are those of the published retargeting.policy_lift; what was asked for is in the seed.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from caw.doctor.needs import Need
from caw.feeds.policy_checks import EXPERIMENTS, orders_count
from caw.feeds.seed_checks import checked_rows
from caw.feeds.seed_rules import Value
from caw.publication.catalog import has_table
from caw.settings import Settings, SettingsError

SAMPLE_RATIO = "invalid: sample ratio"
WRITTEN_TO = "invalid: holdout was written to"
FIGURES = """
select source, units_treated, units_held_out, converted_held_out, sent_held_out, minimum_detectable_effect, verdict
from retargeting.policy_lift
where experiment_id = ?
order by source
"""
# Why an experiment's figures say nothing, and what to do.
INVALID = {
    SAMPLE_RATIO: (
        "its arms are not of the sizes that a draw of {percent} % makes, so its figures say nothing: find what drops "
        "or merges the profiles of one arm"
    ),
    WRITTEN_TO: (
        "{sent} who are held out were written to, more than 1 % of them, so its figures say nothing: send to "
        "is_eligible alone, and name the policy_id in message_sends"
    ),
}


@dataclass(frozen=True)
class Experiment:
    """A row of the seed; instants have an offset."""

    name: str
    policy: str
    starts_at: datetime
    ends_at: datetime
    percent: int  # held out
    hours: int  # for which a shopper's orders count
    smallest_lift: float  # a proportion


@dataclass(frozen=True)
class Figures:
    """A row of policy_lift: of mature profiles, but for `sent`, how many of all held out were written to."""

    source: str
    treated: int
    held_out: int
    ordered_held_out: int
    sent: int
    detectable: float | None  # a proportion
    verdict: str


@dataclass(frozen=True)
class Sight:
    """The smallest effect that an experiment can see in a source; in none yet where `source` is None."""

    experiment: str
    source: str | None
    sentence: str
    need: Need | None = None

    @property
    def line(self) -> str:
        """The sentence with the names before it, not made printable yet."""
        return f"{self.experiment}{f', {self.source}' if self.source else ''}: {self.sentence}"


def sights_of(connection: DuckDBPyConnection, settings: Settings, as_of: datetime) -> Sequence[Sight]:
    """The smallest effects that the seed's experiments can see, in its order and by source.

    Args:
        connection: a published file; of an older version's, nothing is said.
        settings: whose seeds; every run says what is wrong with them.
        as_of: the instant of the publication.
    """
    if not has_table(connection, "retargeting", "policy_lift"):
        return []
    try:
        rows = checked_rows(settings, EXPERIMENTS)
    except SettingsError:
        return []
    return [sight for row in rows for sight in _sights(connection, _experiment(row), as_of)]


def _experiment(row: Mapping[str, Value]) -> Experiment:
    return Experiment(
        str(row["experiment_id"]),
        str(row["policy_id"]),
        datetime.fromisoformat(str(row["starts_at"])),
        datetime.fromisoformat(str(row["ends_at"])),
        int(row["holdout_percent"] or 0),
        int(row["conversion_hours"] or 0),
        float(row["smallest_lift"] or 0),
    )


def _sights(connection: DuckDBPyConnection, experiment: Experiment, as_of: datetime) -> Iterator[Sight]:
    found = [Figures(*row) for row in connection.execute(FIGURES, [experiment.name]).fetchall()]
    if not found:
        yield Sight(experiment.name, None, _without_anybody(experiment, as_of))
    for figures in found:
        yield sight(experiment, figures, as_of)


def _without_anybody(experiment: Experiment, as_of: datetime) -> str:
    start = f"{experiment.starts_at:%Y-%m-%d %H:%M %Z}"
    if as_of < experiment.starts_at:
        return f"starts at {start}"
    return (
        f"nobody is enrolled since {start}: no trigger of {experiment.policy} was free to go out at its "
        "send_after (retargeting.eligibility_funnel counts what each gate stops)"
    )


def sight(experiment: Experiment, figures: Figures, as_of: datetime) -> Sight:
    """The smallest effect that an experiment can see in one source; an invalid one that counts needs a person."""
    why = INVALID.get(figures.verdict)
    if why is None:
        said = f"{figures.verdict}: {_sentence(experiment, figures)}"
        return Sight(experiment.name, figures.source, said)
    why = why.format(percent=experiment.percent, sent=f"{figures.sent:,}")
    is_running = orders_count(experiment.ends_at, experiment.hours, as_of)
    words = f"The experiment {experiment.name} is invalid in {figures.source}: {why}."
    need = Need(words, source=figures.source) if is_running else None
    return Sight(experiment.name, figures.source, f"{figures.verdict}: {why}", need)


def _sentence(experiment: Experiment, figures: Figures) -> str:
    mature = figures.treated + figures.held_out
    if mature == 0:
        return f"the {experiment.hours} hours for which orders count are over for nobody yet"
    if figures.treated == 0 or figures.held_out == 0:
        whose = "all" if figures.treated == 0 else "none"
        return f"of {mature:,} mature profiles {whose} are held out, so nothing can be compared"
    beginning = f"at {experiment.percent} % held out and {mature:,} mature profiles"
    if figures.detectable is None:
        ordered = "all" if figures.ordered_held_out else "none"
        return f"{beginning} {ordered} of the {figures.held_out:,} held out ordered, so what shows cannot be said"
    return f"{beginning} {_smallest(experiment, figures.detectable, mature)}"


def _smallest(experiment: Experiment, detectable: float, mature: int) -> str:
    shows = f"nothing smaller than {points(detectable)} shows" if detectable < 1 else "nothing shows"
    wanted = f"{points(experiment.smallest_lift)}, its smallest_lift,"
    if detectable <= experiment.smallest_lift:
        return f"{shows}: enough for {wanted[:-1]}"
    return f"{shows}; {wanted} needs about {about(mature * (detectable / experiment.smallest_lift) ** 2):,}"


def points(proportion: float) -> str:
    """A proportion in percentage points, to a hundredth: 0.0434 is `4.34 points`."""
    number = f"{100 * proportion:.2f}".rstrip("0").rstrip(".")
    return f"{number} point{'' if number == '1' else 's'}"


def about(count: float) -> int:
    """A count rounded up to two digits."""
    unit = 10 ** max(0, len(str(math.ceil(count))) - 2)
    return math.ceil(count / unit) * unit
