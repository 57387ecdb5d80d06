"""Mistakes to plant in the dbt project, one at a time; the comparison with the reference must notice each."""

from tests.support.project import Edit

MODELS = "dbt_project/models"
MACROS = "dbt_project/macros"
INTERMEDIATE = f"{MODELS}/intermediate"
GATES = f"{MACROS}/gates/gate_"
RECORDS = f"{INTERMEDIATE}/conversations/int_conversation_records.sql"
PERFORMANCE = f"{MODELS}/performance"
REFUSED = f"{INTERMEDIATE}/people/int_refused_permissions.sql"
INSTANTS = f"{MACROS}/parsing/parse_instants.sql"
KINDS = f"{MACROS}/parsing/parse_kinds.sql"
ABSENT = f"{MACROS}/parsing/absent_identifiers.sql"

MUTATIONS = {
    # order, states, events
    "records are not ordered by the length of record_id": Edit(
        RECORDS, '{{ code_points("record_id") }} desc, record_id desc', "record_id desc"
    ),
    "sequence does not order records": Edit(RECORDS, "occurred_at desc, sequence desc,", "occurred_at desc,"),
    "a human resolves": Edit(RECORDS, "and actor is distinct from 'human'", ""),
    "resolved twice": Edit(RECORDS, "and state_before <> 'resolved'", ""),
    "anybody resolves what was escalated": Edit(
        RECORDS, "and not (state_before = 'escalated' and actor is distinct from 'agent')", ""
    ),
    "a customer does not reopen what was resolved": Edit(
        RECORDS, "previous_status in ('resolved', 'closed')", "previous_status in ('closed')"
    ),
    "escalated twice": Edit(RECORDS, "and state_before <> 'escalated'", ""),
    "staff recommend": Edit(RECORDS, "and coalesce(actor, 'agent') = 'agent'", ""),
    "seconds of a resolution before the start": Edit(
        f"{MODELS}/events/conversation_resolved.sql", "events.started_position < events.position", "true"
    ),
    "previews make events": Edit(f"{INTERMEDIATE}/conversations/int_events.sql", "not is_preview and", ""),
    "the channel does not look ahead": Edit(
        f"{INTERMEDIATE}/conversations/int_events.sql", "conversations.first_channel, 'unknown'", "'unknown'"
    ),
    "tags of later records count": Edit(
        f"{INTERMEDIATE}/conversations/int_event_tags.sql", "and asked.position >= kept_tags.position", ""
    ),
    "the last pattern categorizes": Edit(f"{MACROS}/escalation_category.sql", "value_at_least", "value_at_greatest"),
    "ids of events without lengths": Edit(f"{MACROS}/event_tables.sql", "|| ':' ||", "||"),
    # parsing, duplicates
    "words are not normalized": Edit(
        f"{MACROS}/dialect/duckdb.sql", "lower({{ trimmed(nfc(text)) }})", "lower({{ trimmed(text) }})"
    ),
    "space and hyphen differ in words": Edit(f"{MACROS}/dialect/duckdb.sql", "' -', '__'", "' ', '_'"),
    "epochs lose a digit": Edit(INSTANTS, "cut_fraction(text, 6)", "cut_fraction(text, 5)"),
    "repeated local times are their second": Edit(
        f"{MACROS}/dialect/duckdb.sql",
        '"before": zone_offset_at(local ~ " - interval 1 day", zone),',
        '"before": zone_offset_at(local ~ " + interval 1 day", zone),',
    ),
    "blank texts stay": Edit(
        f"{MACROS}/parsing/parse_kinds.sql", "case when {{ value }} is not null then {{ text }} end", "{{ text }}"
    ),
    "the future is accepted": Edit(
        f"{MACROS}/staging/checks.sql", 'plus_hours("ingested_at", 24)', 'plus_hours("ingested_at", 25)'
    ),
    "conflicts are duplicates": Edit(
        f"{MACROS}/staging/deduplicate.sql",
        "when lines.refusal_reason is not null{% if immutable %} or ranked.is_conflict{% endif %} then 'rejected'",
        "when lines.refusal_reason is not null then 'rejected'",
    ),
    "batches before are forgotten": Edit(
        f"{MACROS}/staging/deduplicate.sql",
        "where verdict = 'accepted' and {{ passing_hash([\"source\"] + key) }} in (select key_hash from {{ repeated }})",
        "where false",
    ),
    "the first of equal versions holds": Edit(
        f"{MACROS}/staging/accepted_rows.sql",
        "batch_id desc, file_path desc, line_number desc",
        "batch_id, file_path, line_number",
    ),
    # identity
    "old versions of profiles match before new ones": Edit(
        f"{INTERMEDIATE}/identity/int_profile_keys.sql",
        "is_current desc, updated_at desc, profile_id desc",
        "updated_at desc, profile_id desc",
    ),
    "short phones match": Edit(f"{MACROS}/identity.sql", ">= 7", ">= 6"),
    "phone before e-mail": Edit(
        f"{MACROS}/identity.sql", "by_email.profile_id, by_phone.profile_id", "by_phone.profile_id, by_email.profile_id"
    ),
    "zero-width characters stay in addresses": Edit(
        f"{MACROS}/identity.sql",
        """"translate(" ~ nfc(email) ~ ", '\\u200b\\u200c\\u200d\\u2060\\ufeff', '')\"""",
        "nfc(email)",
    ),
    "addresses are lower-cased, but not folded": Edit(
        f"{MACROS}/identity.sql", "{{ case_folded(trimmed(plain)) }}", "lower({{ trimmed(plain) }})"
    ),
    "the trunk zero of a phone counts": Edit(f"{MACROS}/identity.sql", "'(0)', ''", "'(0)', '0'"),
    "the .0 of a phone that was a number counts": Edit(f"{MACROS}/identity.sql", '"[.]0$"', '"[.]0x$"'),
    "a cycle of merges ends anywhere": Edit(
        f"{INTERMEDIATE}/identity/int_profile_merges.sql", "coalesce(cycles.smallest, ends.target)", "ends.target"
    ),
    "a changed profile rebuilds nothing": Edit(
        f"{INTERMEDIATE}/conversations/int_conversations_to_rebuild.sql",
        '{{ differs("builds.profile_id", "profiles.profile_id") }}',
        "false",
    ),
    "profiles that come later find no conversation and no order": Edit(
        f"{MACROS}/identity.sql",
        "(select max(batch_id) from {{ profiles }} as profiles) > ({{ last_built_batch() }})",
        "false",
    ),
    "profiles that come later find no order": Edit(
        f"{INTERMEDIATE}/orders/int_orders.sql", "or {{ resolves_again }}", ""
    ),
    "a later version of an order stays out": Edit(
        f"{INTERMEDIATE}/orders/int_orders.sql",
        "where (source, order_id) in (select source, order_id from touched) or {{ differs",
        "where {{ differs",
    ),
    "an adjustment reaches no order that came before it": Edit(
        f"{INTERMEDIATE}/orders/int_orders.sql", "union {{ adjusted }}", ""
    ),
    "a cancellation leaves the order as it was": Edit(
        f"{INTERMEDIATE}/orders/int_orders.sql", "adjustments.is_cancelled", "false"
    ),
    "refunds exceed what the order cost": Edit(
        f"{INTERMEDIATE}/orders/int_orders.sql",
        "least(adjustments.refunded_total, orders.total)",
        "adjustments.refunded_total",
    ),
    "a conversation that goes on stays with its profile": Edit(
        f"{INTERMEDIATE}/identity/int_conversation_profiles.sql", "where {{ is_delivered }} or {{ must", "where {{ must"
    ),
    # marts
    "abandoned a moment too early": Edit(f"{PERFORMANCE}/conversations.sql", "last_record_at <", "last_record_at <="),
    "closed counts as resolved": Edit(
        f"{PERFORMANCE}/conversations.sql", "conversations.resolved_at is not null and", ""
    ),
    "an attribution window without its end": Edit(
        f"{PERFORMANCE}/attributed_orders.sql", "asked.placed_at <= {{ plus_hours", "asked.placed_at < {{ plus_hours"
    ),
    "cancelled orders earn": Edit(f"{MACROS}/attribution.sql", "status <> 'cancelled'", "true"),
    "the clock changes no outcome": Edit(
        f"{PERFORMANCE}/conversations.sql", "and outcome <> {{ open_or_abandoned }}", "and false"
    ),
    "an order stays with a touch that is another's now": Edit(
        f"{INTERMEDIATE}/orders/int_orders_to_attribute.sql",
        "and attributed.conversation_id = touched.conversation_id",
        "and false",
    ),
    "an order keeps a conversation that is another's now": Edit(
        f"{INTERMEDIATE}/orders/int_orders_to_attribute.sql",
        "inner join touched using (source, conversation_id)",
        "inner join touched using (source, conversation_id) where false",
    ),
    "a changed order stays as it was": Edit(f"{INTERMEDIATE}/orders/int_orders_to_attribute.sql", "intersect", "union"),
    "the first touch takes the order": Edit(
        f"{PERFORMANCE}/attributed_orders.sql", "order by touched_at desc", "order by touched_at"
    ),
    "every record with a skill is an invocation": Edit(
        f"{INTERMEDIATE}/conversations/int_skill_runs.sql", '{{ differs("skill", "skill_before") }}', "true"
    ),
    "a conversation that goes on loses its skills": Edit(
        f"{INTERMEDIATE}/conversations/int_skill_runs.sql",
        "where skill is not null and",
        "where skill is not null and not",
    ),
    "days are UTC's": Edit(f"{PERFORMANCE}/conversations.sql", "coalesce(sources.timezone, 'UTC')", "'UTC'"),
    "all currencies add up": Edit(
        f"{PERFORMANCE}/agent_performance_daily.sql",
        "and sources.currency = orders.currency",
        "and true",
    ),
    "a window of a segment with its beginning": Edit(
        f"{MACROS}/segments/did.sql",
        "and {{ instant }} > {{ caw.minus_days(",
        "and {{ instant }} >= {{ caw.minus_days(",
    ),
    "segments see the future": Edit(f"{MACROS}/segments/did.sql", "and {{ instant }} <= {{ caw.as_of() }}", ""),
    "purchases after a week": Edit(
        f"{MODELS}/events/recommended_products.sql", "days_to_purchase = 7", "days_to_purchase = 8"
    ),
    "an order at the trigger's instant does not count": Edit(
        f"{MACROS}/dialect/duckdb.sql", '"<=" if later else ">="', '"<" if later else ">="'
    ),
    "consent ends a moment later": Edit(
        f"{GATES}no_consent.sql", "valid_until <= triggers.judged_at", "valid_until < triggers.judged_at"
    ),
    "transactional messages count": Edit(f"{GATES}messaged_recently.sql", "kind <> 'transactional'", "true"),
    "a flow of another policy counts": Edit(
        f"{GATES}already_sent.sql", "and coalesce(sends.policy_id, asked.policy_id) = asked.policy_id", ""
    ),
    "one product out of stock is enough": Edit(
        f"{GATES}products_unavailable.sql", "then 1 end) = count(*)", "then 1 end) > 0"
    ),
    "unsuppress wins a tie": Edit(
        f"{GATES}suppressed.sql",
        "any_true(\"action = 'suppress'\")",
        "'not ' ~ any_true(\"action = 'unsuppress'\")",
    ),
    "expired a moment late": Edit(
        f"{MODELS}/retargeting/retargeting_eligibility.sql", "as_of >= expires_at", "as_of > expires_at"
    ),
    "waiting at send_after": Edit(
        f"{MODELS}/retargeting/retargeting_eligibility.sql", "as_of < send_after", "as_of <= send_after"
    ),
    "history follows a run in the past": Edit(
        f"{MODELS}/segments/segment_membership_history.sql",
        "as_of > latest or (by_clock and as_of = latest)",
        "true",
    ),
    # what decides whether one may write
    "refused consents do not block": Edit(f"{GATES}no_consent.sql", "or refused.lines is not null", ""),
    "refused suppressions do not block": Edit(f"{GATES}suppressed.sql", "or refused.lines is not null", ""),
    "a refused line counts for ever": Edit(REFUSED, "and accepted_later = 0", ""),
    "a refused line is cleared by a line for another channel": Edit(
        REFUSED, "partition by feed, source, profile_id, channel", "partition by feed, source, profile_id"
    ),
    "a refused line whose channel cannot be read concerns none": Edit(
        REFUSED, "else {{ text_list_of(channels) }}", "else {{ empty_text_list() }}"
    ),
    "refused lines do not follow merges": Edit(
        REFUSED, "coalesce(merges.final_profile_id, lines.profile_id)", "lines.profile_id"
    ),
    "a consent blocks where none is required": Edit(f"{GATES}no_consent.sql", "triggers.require_consent", "true"),
    "a send of an unknown kind is no flow": Edit(f"{GATES}already_sent.sql", "or kind_text is not null", ""),
    # values
    "milliseconds are seconds": Edit(INSTANTS, 'whole_micros("epoch", 1000)', 'whole_micros("epoch", 1)'),
    "an instant needs seconds": Edit(INSTANTS, "(:[0-5][0-9])?(?:[.,]", "(:[0-5][0-9])(?:[.,]"),
    "an offset needs a colon": Edit(INSTANTS, "(?::?[0-5][0-9])?)", "(?::[0-5][0-9])?)"),
    "a comma begins no fraction": Edit(INSTANTS, "(?:[.,]([0-9]+))?", "(?:[.]([0-9]+))?"),
    "whole floats are no ids": Edit(KINDS, "^(-?[0-9]+)(?:[.]0+)?$", "^(-?[0-9]+)$"),
    "yes is not true": Edit(KINDS, "in ('true', 'yes', '1')", "in ('true', '1')"),
    "zeros name somebody": Edit(ABSENT, 'set nothing = "[0_"', 'set nothing = "[_"'),
    # conversations, transcripts, health
    "a source has no default channel": Edit(
        f"{INTERMEDIATE}/conversations/int_conversations.sql",
        "coalesce(conversations.first_known_channel, sources.default_channel)",
        "conversations.first_known_channel",
    ),
    "seconds between two start times are 0": Edit(
        f"{MODELS}/events/conversation_resolved.sql",
        "and not coalesce(events.started_from_start and events.time_from_start, false)",
        "",
    ),
    "a transcript whose records are all refused holds": Edit(
        f"{INTERMEDIATE}/expanded/int_expanded_versions.sql",
        "(accepted.batch_id is not null or not lines.needs_record) desc,",
        "",
    ),
    "refused lines have unknown fields": Edit(
        f"{MODELS}/health/unknown_fields.sql",
        "unknown_fields is not null and verdict = 'accepted'",
        "unknown_fields is not null",
    ),
}
"""What is wrong -> the edit that makes it so."""
