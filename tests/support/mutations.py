"""Mistakes to plant in the dbt project, one at a time; the comparison with the reference must notice each."""

from tests.support.project import Edit

MODELS = "dbt_project/models"
MACROS = "dbt_project/macros"
INTERMEDIATE = f"{MODELS}/intermediate"
GATES = f"{INTERMEDIATE}/gates/int_gate_"
RECORDS = f"{INTERMEDIATE}/int_conversation_records.sql"
PERFORMANCE = f"{MODELS}/performance"

MUTATIONS = {
    # order, states, events
    "records are not ordered by the length of record_id": Edit(
        f"{MACROS}/record_order.sql", '{{ code_points("record_id") }}, record_id', "record_id"
    ),
    "sequence does not order records": Edit(f"{MACROS}/record_order.sql", "occurred_at, sequence,", "occurred_at,"),
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
    "previews make events": Edit(f"{INTERMEDIATE}/int_events.sql", "not is_preview and", ""),
    "the channel does not look ahead": Edit(
        f"{INTERMEDIATE}/int_events.sql", "conversations.first_channel, 'unknown'", "'unknown'"
    ),
    "tags of later records count": Edit(
        f"{INTERMEDIATE}/int_event_tags.sql", "and events.position >= tagged.position", ""
    ),
    "the last pattern categorizes": Edit(f"{MACROS}/escalation_category.sql", "value_at_least", "value_at_greatest"),
    "ids of events without lengths": Edit(f"{MACROS}/event_id.sql", "|| ':' ||", "||"),
    # parsing, duplicates
    "words are not normalized": Edit(
        f"{MACROS}/dialect/text.sql", "lower({{ trimmed(nfc(text)) }})", "lower({{ trimmed(text) }})"
    ),
    "space and hyphen differ in words": Edit(f"{MACROS}/dialect/text.sql", "' -', '__'", "' ', '_'"),
    "epochs are rounded": Edit(f"{MACROS}/dialect/time.sql", "decimal(38, 6)) * 1000000", "decimal(38, 5)) * 1000000"),
    "repeated local times are their second": Edit(
        f"{MACROS}/dialect/time.sql",
        '{%- set before = zone_offset_at(local ~ " - interval 1 day", zone) -%}',
        '{%- set before = zone_offset_at(local ~ " + interval 1 day", zone) -%}',
    ),
    "blank texts stay": Edit(
        f"{MACROS}/parsing/parse_kinds.sql", "case when {{ value }} is not null then {{ text }} end", "{{ text }}"
    ),
    "the future is accepted": Edit(
        f"{MACROS}/staging/staged_lines.sql", 'plus_hours("ingested_at", 24)', 'plus_hours("ingested_at", 25)'
    ),
    "conflicts are duplicates": Edit(
        f"{MACROS}/staging/settled_lines.sql",
        "refusal_reason is not null or judged.is_conflict",
        "refusal_reason is not null",
    ),
    "batches before are forgotten": Edit(
        f"{MACROS}/staging/settled_lines.sql", "where verdict = 'accepted' ),", "where false ),"
    ),
    "the first of equal versions holds": Edit(
        f"{MACROS}/staging/current_versions.sql",
        "batch_id desc, file_path desc, line_number desc",
        "batch_id, file_path, line_number",
    ),
    # identity
    "old versions of profiles match before new ones": Edit(
        f"{INTERMEDIATE}/int_profile_keys.sql",
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
    "the .0 of a phone that was a number counts": Edit(f"{MACROS}/identity.sql", "'\\\\.0$', ''", "'\\\\.0$', '0'"),
    "a cycle of merges ends anywhere": Edit(
        f"{INTERMEDIATE}/int_profile_merges.sql", "coalesce(cycles.smallest, ends.target)", "ends.target"
    ),
    "a changed profile rebuilds nothing": Edit(
        f"{INTERMEDIATE}/int_conversations_touched.sql",
        '{{ differs("builds.profile_id", "profiles.profile_id") }}',
        "false",
    ),
    "profiles that come later find no conversation and no order": Edit(
        f"{MACROS}/identity.sql", "(select max(batch_id) from {{ profiles }}) > ({{ last_built_batch() }})", "false"
    ),
    "profiles that come later find no order": Edit(f"{INTERMEDIATE}/int_orders.sql", "or {{ anew }}", ""),
    "a later version of an order stays out": Edit(f"{INTERMEDIATE}/int_orders.sql", "resolved.is_new or", ""),
    "a conversation that goes on stays with its profile": Edit(
        f"{INTERMEDIATE}/int_conversation_profiles.sql", "where {{ is_delivered }} or {{ resolves", "where {{ resolves"
    ),
    # marts
    "abandoned a moment too early": Edit(f"{PERFORMANCE}/conversations.sql", "last_record_at <", "last_record_at <="),
    "closed counts as resolved": Edit(
        f"{PERFORMANCE}/conversations.sql", "conversations.resolved_at is not null and", ""
    ),
    "an attribution window without its end": Edit(
        f"{PERFORMANCE}/attributed_orders.sql", "orders.placed_at <= {{ plus_hours", "orders.placed_at < {{ plus_hours"
    ),
    "cancelled orders earn": Edit(f"{MACROS}/attribution.sql", "status <> 'cancelled'", "true"),
    "the clock changes no outcome": Edit(
        f"{PERFORMANCE}/conversations.sql", "and outcome <> {{ open_or_abandoned }}", "and false"
    ),
    "an order stays with a touch that is another's now": Edit(
        f"{INTERMEDIATE}/int_orders_to_attribute.sql",
        "where (source, conversation_id) not in (select (source, conversation_id) from touched)",
        "where true",
    ),
    "a changed order stays as it was": Edit(f"{INTERMEDIATE}/int_orders_to_attribute.sql", "intersect", "union"),
    "the first touch takes the order": Edit(
        f"{PERFORMANCE}/attributed_orders.sql", "max(touched_at) as touched_at", "min(touched_at) as touched_at"
    ),
    "every record with a skill is an invocation": Edit(
        f"{INTERMEDIATE}/int_skill_runs.sql", '{{ differs("skill", "skill_before") }}', "true"
    ),
    "a conversation that goes on loses its skills": Edit(
        f"{INTERMEDIATE}/int_skill_runs.sql", "where skill is not null and", "where skill is not null and not"
    ),
    "days are UTC's": Edit(f"{PERFORMANCE}/agent_performance_daily.sql", "coalesce(sources.timezone, 'UTC')", "'UTC'"),
    "all currencies add up": Edit(
        f"{PERFORMANCE}/agent_performance_daily.sql",
        "using (source, conversation_id, source_currency)",
        "using (source, conversation_id)",
    ),
    "a window of a segment with its beginning": Edit(
        f"{MACROS}/segments/did.sql", "and {{ instant }} > {{ minus_days(", "and {{ instant }} >= {{ minus_days("
    ),
    "segments see the future": Edit(f"{MACROS}/segments/did.sql", "and {{ instant }} <= {{ as_of() }}", ""),
    "purchases after a week": Edit(
        f"{MODELS}/events/recommended_products.sql", "days_to_purchase = 7", "days_to_purchase = 8"
    ),
    "an order at the trigger's instant does not count": Edit(
        f"{GATES}ordered_since_trigger.sql",
        "orders.placed_at >= triggers.triggered_at",
        "orders.placed_at > triggers.triggered_at",
    ),
    "consent ends a moment later": Edit(
        f"{GATES}no_consent.sql", "valid_until <= triggers.judged_at", "valid_until < triggers.judged_at"
    ),
    "transactional messages count": Edit(f"{GATES}messaged_recently.sql", "and sends.kind <> 'transactional'", ""),
    "a flow of another policy counts": Edit(
        f"{GATES}already_sent.sql", "and coalesce(sends.policy_id, triggers.policy_id) = triggers.policy_id", ""
    ),
    "one product out of stock is enough": Edit(f"{GATES}products_unavailable.sql", "having count(*) =", "having 0 <"),
    "unsuppress wins a tie": Edit(
        f"{GATES}suppressed.sql", "suppressions.action = 'suppress' desc", "suppressions.action = 'suppress'"
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
}
"""What is wrong -> the edit that makes it so."""

TO_PLANT = {
    # what decides whether one may write ("May one write", sections 2 and 4)
    "refused consents do not block": "gate 4 without the refused lines",
    "refused suppressions do not block": "gate 5 without the refused lines",
    "a refused line counts for ever": "without the accepted line later in the delivery order that clears it",
    "a refused line is cleared by a line for another channel": "the clearing line on any channel",
    "a refused line whose channel cannot be read concerns none": "null channel in the refused lines: no match",
    "refused lines do not follow merges": "the refused line's profile_id as it stands",
    "a refused consent blocks where no consent is required": "gate 4 without require_consent for refused lines",
    "a send of an unknown kind is no flow": "gate 7 with kind = 'flow' alone",
    "an unknown consent is a subscription": "default of consents.status",
    "an unknown action lifts a suppression": "default of suppressions.action",
    "an unknown channel suppresses nothing": "default of suppressions.channel another than all",
    "a lifted suppression need not name its channel": "stg_suppressions without that refusal",
    "an order in an unknown status is cancelled": "default of orders.status",
    "kept texts are no content": "settled_lines without the <field>_text columns",
    # values (section 2, settled readings on fields)
    "milliseconds are seconds": "epochs without their sizes",
    "an epoch of the far future is accepted": "without the end at 2100",
    "an instant needs seconds": "the pattern of instants",
    "an offset needs a colon": "the pattern of offsets, or how minutes are read from one",
    "a zone in brackets needs no offset": "the pattern of instants",
    "whole floats are no ids": "parsing of ids",
    "tags with commas are one tag": "parsing of tags",
    "a text that begins with a bracket is a lone text": "parsing of lists",
    "yes is not true": "parsing of booleans",
    "text is no number": "parsing of quantity and sequence",
    "unknown names somebody": "without absent_identifiers.csv",
    "zeros name somebody": "without the rule of zeros and hyphens",
    "an alias goes before its field": "order of the coalesce of field_aliases.csv",
    "rows of all sources go before a source's own": "order of field_aliases.csv",
    "a lone date asks for no erasure": "requested_at as any other instant",
    "phone names nobody in a request": "stg_erasures without phone",
    # files, conversations, transcripts
    "a row that gave way still counts": "settled_lines without the given_way list",
    "a source has no default channel": "sources.channel unread",
    "seconds between two start times are 0": "without time_from_start",
    "a transcript whose records are all refused holds": "stg_chat_transcripts' choice of versions",
    "refused lines have unknown fields": "health.unknown_fields of all lines",
}
"""Rules that need a mistake of their own -> where to plant it; the models that hold them are being written anew."""
