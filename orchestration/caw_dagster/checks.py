"""Asset checks that dbt cannot make: that the ledger adds up, and which landed files and lines need a person.

One step, after dbt and before publication. The ledger's sum blocks publication; refused requests to forget somebody and
consents that may have been a no are errors and block nothing; the others warn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb

from caw.adapters.registry import words_of_adapters
from caw.doctor.needs import NAMELESS_PERMISSIONS, REFUSED_REQUESTS, UNREAD_PERMISSIONS, UNREAD_REQUESTS
from caw.limits import MIB
from caw_dagster.resources import POOL, RunContext
from caw_dagster.retries import guarded

# Words that are no words of fixed sets, such as tools: nobody need know them all.
OTHER_WORDS = ", ".join(f"('{feed}', '{field}')" for feed, field in sorted(words_of_adapters()))
LEDGER = dg.AssetKey(["health", "ingestion_ledger"])
CARRIED = (  # texts of one record that rows of others have, cut where they come to too much
    ("events.conversation_resolved", "final_skill"),
    ("events.conversation_escalated", "skill"),
    ("events.product_recommendation_received", "skill"),
    ("performance.order_items", "title"),
    ("performance.order_items", "currency"),
    ("performance.recommendation_funnel", "title"),
    ("performance.recommendation_funnel", "purchased_currency"),
    ("performance.recommendation_funnel", "purchased_order_id"),
)
ROOMS = (  # tables with a row for each element of one record's list, as many as there is room for its ids
    ("performance.order_items", "intermediate.int_orders", "items", "order_id"),
    ("events.recommended_products", "events.product_recommendation_received", "products", "conversation_id"),
    ("events.recommended_products", "events.product_recommendation_received", "products", "profile_id"),
)
LEAST_CARRIED = 1_000  # characters that each row may have of such a text: the macro `least_carried`
MOST_CARRIED = 4 * MIB  # characters of all of them together: the macro `most_carried`
SHOWN = 20  # rows named in a check's metadata
NOT_BUILT = "a table that this check reads is not built yet: launch the job `refresh`"


def files_with_status(status: str) -> str:
    """SQL that counts the ledger's files of a status, by source and feed."""
    return f"""
        select format('{{}} files of {{}}/{{}}: see health.ingestion_ledger',
            count(*), coalesce(source, 'no source'), coalesce(feed, 'no feed'))
        from health.ingestion_ledger
        where status = '{status}'
        group by source, feed
        order by source, feed
    """


def open_needs(lines: str, files: str) -> str:
    """SQL that counts, by source and feed, the refused lines and the unreadable files that need a person.

    Args:
        lines: the need that int_needs_a_person gives to refused lines.
        files: the need that it gives to files.
    """
    return f"""
        select format('{{}} of {{}}/{{}}: `caw doctor` names them and says what to do',
            case when need = '{lines}' then 'refused lines: ' else 'files that could not be read: ' end || count(*),
            source, feed)
        from intermediate.int_needs_a_person
        where need in ('{lines}', '{files}')
        group by need, source, feed
        order by source, feed, need
    """


def texts_that_are_cut() -> str:
    """SQL that counts, by source, what is left out or cut: tags, rows of long ids, texts that end as cut ones do."""
    texts = " union all ".join(
        f"select source, count(*) as rows, '{table}: {column} is cut' as what from {table} "
        f"where len({column}) > {LEAST_CARRIED} and ends_with({column}, '…') group by source"
        for table, column in CARRIED
    )
    rooms = " union all ".join(
        f"select source, count(*), '{table}: {name} is too long for all {rows}' from {origin} "
        f"where length({name}) > {LEAST_CARRIED} and len({rows}) * length({name}) > {MOST_CARRIED} group by source"
        for table, origin, rows, name in ROOMS
    )
    return f"""
        select format('{{}} rows of source {{}} in {{}}', rows, source, what)
        from (
            {texts} union all
            {rooms} union all
            select source, count(*), 'performance.conversations: not all tags are kept'
            from intermediate.int_conversations
            where tags_left_out > 0
            group by source
        )
        order by source, what
    """


@dataclass(frozen=True)
class Rule:
    """A check over the warehouse: it fails where `sql` gives rows; each row's one column is a sentence.

    Dagster keeps those words, so they count and name sources and feeds, and name no file: its name may be a person's.
    """

    name: str
    description: str
    sql: str
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    blocking: bool = False


RULES = (
    Rule(
        "ledger_adds_up",
        "Of every loaded file: lines = blank + accepted + duplicates + rejected (the specification, §2.1.5).",
        """
        select format('a file of {}/{} in batch {}: {} lines, {} blank + {} accepted + {} duplicates + {} rejected',
            source, feed, batch_id, lines, blank, accepted, duplicates, rejected)
        from health.ingestion_ledger
        where status = 'loaded' and (lines = blank + accepted + duplicates + rejected) is not true
        """,
        severity=dg.AssetCheckSeverity.ERROR,
        blocking=True,
    ),
    Rule(
        "no_refused_erasure_requests",
        "Every request to forget somebody was read and accepted (the specification, §6.1): a refused one forgets "
        "nobody.",
        open_needs(REFUSED_REQUESTS, UNREAD_REQUESTS),
        severity=dg.AssetCheckSeverity.ERROR,
    ),
    Rule(
        "no_unread_consents_or_suppressions",
        "Every file of consents and suppressions was read, and each refused line of theirs names a profile, which it "
        "blocks (the specification, §4.15): whoever else said no may be written to.",
        open_needs(NAMELESS_PERMISSIONS, UNREAD_PERMISSIONS),
        severity=dg.AssetCheckSeverity.ERROR,
    ),
    Rule(
        "no_failed_files",
        "Every file of a known feed could be read whole.",
        files_with_status("failed"),
    ),
    Rule(
        "no_refused_lines",
        "No line of the latest batch was refused (the specification, §2.1.1). Refused lines count nowhere, and are in "
        "health.rejected_records with what is wrong with them.",
        """
        select format('{} lines of {}/{}: {}', count(*), source, feed, reason)
        from health.rejected_records
        where batch_id = (select max(batch_id) from health.ingestion_ledger)
        group by source, feed, reason
        order by source, feed, reason
        """,
    ),
    Rule(
        "no_files_of_unknown_feeds",
        "Every file is in a folder <source>/<feed>/ and has a known format.",
        files_with_status("unknown_feed"),
    ),
    Rule(
        "no_carried_texts_are_cut",
        "No conversation has more tags than it keeps, no skill, title or currency is cut in the rows that carry it, "
        "and no order or recommendation has an id too long for a row of each of its products "
        "(the specification, §3.2): one record with a long text, or a machine that writes a tag for each record, would "
        "fill the disk through thousands of others.",
        texts_that_are_cut(),
    ),
    Rule(
        "no_unknown_channels",
        "Every channel word of the log is in seeds/word_aliases.csv.",
        """
        select format('{} records of source {}', count(*), source)
        from staging.stg_conversation_log
        where verdict = 'accepted' and channel_text is not null
        group by source
        """,
    ),
    Rule(
        "no_unknown_words",
        "Every other word of a fixed set is in seeds/word_aliases.csv: an unknown one is kept, and counts as the most "
        "careful word does (the specification, §2.0.11).",
        f"""
        select
            format('{{}} lines of {{}}/{{}}, field {{}}: `caw doctor` names the words', sum(lines), source, feed, field)
        from health.unknown_words
        where (feed, field) not in ({OTHER_WORDS}) and not (feed = 'conversation_log' and field = 'channel')
        group by source, feed, field
        order by source, feed, field
        """,
    ),
)


def warehouse_checks() -> dg.AssetChecksDefinition:
    """The rules as asset checks of the ledger."""

    @dg.multi_asset_check(name="check_warehouse", specs=[_spec(rule) for rule in RULES], pool=POOL)
    def check_warehouse(run_context: dg.ResourceParam[RunContext]) -> Iterator[dg.AssetCheckResult]:
        with guarded(run_context.settings.data_dir):
            found_by_rule = rows_by_rule(run_context.settings.warehouse)
        for rule in RULES:
            found = found_by_rule[rule.name]
            yield dg.AssetCheckResult(
                asset_key=LEDGER,
                check_name=rule.name,
                passed=not found,
                severity=rule.severity,
                metadata={
                    "found": len(found),
                    "first": dg.MetadataValue.md("\n".join(f"- {row}" for row in found[:SHOWN])),
                },
            )

    return check_warehouse


def rows_by_rule(warehouse: Path) -> Mapping[str, Sequence[str]]:
    """The rows that each rule finds, in words, by the rule's name."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {rule.name: _rows_of(connection, rule.sql) for rule in RULES}


def _rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> Sequence[str]:
    """The rule's sentences; a rule whose tables are missing counts as broken."""
    try:
        return [str(row[0]) for row in connection.execute(sql).fetchall()]
    except (duckdb.CatalogException, duckdb.BinderException):
        return [NOT_BUILT]


def _spec(rule: Rule) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(rule.name, asset=LEDGER, description=rule.description, blocking=rule.blocking)
