{# Conditions on what a profile did. Every condition is a query of (source, profile_id, qualified_at): the members, and
   the latest instant that makes each one; null where it is the absence of something that does. #}

{# did("conversation_started", at_least=2, in_last_days=30): the event, at least / exactly / at most N times.

   One window at most: in_last_hours, in_last_days, between=["2026-01-01", "2026-02-01"] (from, and up to but without),
   since_latest="product_recommendation_received" (at or after that event's latest); none means over all time.
   where={"escalation_category": "billing"} keeps the events with these property values; for a list, those that hold it. #}
{% macro did(event, at_least=none, exactly=none, at_most=none, in_last_hours=none, in_last_days=none, between=none, since_latest=none, where=none) -%}
    {%- set times = caw.checked_times(at_least, exactly, at_most) -%}
    {%- set events = caw.matching_events(event, in_last_hours, in_last_days, between, since_latest, where) -%}
    {%- if times.reaches_none -%}
        select people.source, people.profile_id, {{ caw.null_instant() }} as qualified_at
        from {{ ref("int_people") }} as people
        {{ caw.anti_join() }} (
            select source, profile_id from ({{ events }}) group by source, profile_id having not (count(*) {{ times.test }})
        ) as others
            on people.source = others.source and people.profile_id = others.profile_id
    {%- else -%}
        select source, profile_id, max(occurred_at) as qualified_at
        from ({{ events }})
        group by source, profile_id
        having count(*) {{ times.test }}
    {%- endif -%}
{%- endmacro %}

{# did_not("placed_order", since_latest="product_recommendation_received"): not once; windows and properties as for did. #}
{% macro did_not(event, in_last_hours=none, in_last_days=none, between=none, since_latest=none, where=none) -%}
    {{ caw.did(event, exactly=0, in_last_hours=in_last_hours, in_last_days=in_last_days, between=between, since_latest=since_latest, where=where) }}
{%- endmacro %}

{# How often, as a test of a count; a sentence where it cannot be met or says two things. #}
{% macro checked_times(at_least, exactly, at_most) -%}
    {%- set given = [at_least, exactly, at_most] | reject("none") | list -%}
    {%- if given | length > 1 -%}
        {{ caw.segment_error("say one of at_least, exactly and at_most") }}
    {%- endif -%}
    {%- for number in given if number is not integer or number < 0 -%}
        {{ caw.segment_error("a number of times is a whole number from 0, not " ~ number) }}
    {%- endfor -%}
    {%- if at_least == 0 -%}
        {{ caw.segment_error("at_least=0 is true of everybody") }}
    {%- endif -%}
    {%- if exactly is not none -%}
        {{ return({"test": "= " ~ exactly, "reaches_none": exactly == 0}) }}
    {%- elif at_most is not none -%}
        {{ return({"test": "<= " ~ at_most, "reaches_none": true}) }}
    {%- else -%}
        {{ return({"test": ">= " ~ (at_least or 1), "reaches_none": false}) }}
    {%- endif -%}
{%- endmacro %}

{# The events of profiles up to as_of that lie in the window and have the properties. #}
{% macro matching_events(event, in_last_hours, in_last_days, between, since_latest, where) -%}
    {%- set declared = caw.segment_event(event) -%}
    {%- set instant = "events." ~ declared.instant -%}
    select events.source, events.profile_id, {{ instant }} as occurred_at
    from {{ ref(declared.model) }} as events
    {%- if since_latest is not none %}
    {%- set other = caw.segment_event(since_latest) %}
    inner join (
        select source, profile_id, max({{ other.instant }}) as since
        from {{ ref(other.model) }}
        where {{ other.filter }} and {{ other.instant }} <= {{ caw.as_of() }}
        group by source, profile_id
    ) as latest
        on events.source = latest.source and events.profile_id = latest.profile_id and {{ instant }} >= latest.since
    {%- endif %}
    where events.profile_id is not null
        and {{ declared.filter }}
        and {{ instant }} <= {{ caw.as_of() }}
        {{ caw.window_condition(instant, in_last_hours, in_last_days, between, since_latest) }}
        {{ caw.property_conditions(event, declared, where) }}
{%- endmacro %}

{# "In the last N" means > as_of - N and <= as_of (spec §4.2). #}
{% macro window_condition(instant, in_last_hours, in_last_days, between, since_latest) -%}
    {%- if [in_last_hours, in_last_days, between, since_latest] | reject("none") | list | length > 1 -%}
        {{ caw.segment_error("say one window: in_last_hours, in_last_days, between or since_latest") }}
    {%- endif -%}
    {%- for number in [in_last_hours, in_last_days] if number is not none and (number is not number or number <= 0) -%}
        {{ caw.segment_error("a window is a number of hours or days above 0, not '" ~ number ~ "'") }}
    {%- endfor -%}
    {%- if in_last_hours is not none -%}
        and {{ instant }} > {{ caw.minus_hours(caw.as_of(), in_last_hours) }}
    {%- elif in_last_days is not none -%}
        and {{ instant }} > {{ caw.minus_days(caw.as_of(), in_last_days) }}
    {%- elif between is not none -%}
        {%- set dates = caw.checked_dates(between) -%}
        and {{ instant }} >= {{ caw.instant_literal(dates[0]) }} and {{ instant }} < {{ caw.instant_literal(dates[1]) }}
    {%- endif -%}
{%- endmacro %}

{% macro checked_dates(between) -%}
    {%- if between is string or between | length != 2 -%}
        {{ caw.segment_error("between is a list of two dates, [from, up to but without]") }}
    {%- endif -%}
    {%- for date in between if not modules.re.match("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", date | string) -%}
        {{ caw.segment_error("a date is written YYYY-MM-DD, not '" ~ date ~ "'") }}
    {%- endfor -%}
    {%- if between[0] >= between[1] -%}
        {{ caw.segment_error("no instant lies between " ~ between[0] ~ " and " ~ between[1]) }}
    {%- endif -%}
    {{ return([between[0] ~ " 00:00:00+00", between[1] ~ " 00:00:00+00"]) }}
{%- endmacro %}

{% macro property_conditions(event, declared, where) -%}
    {%- for property, value in (where or {}).items() -%}
        {%- set literal = value if value is number else caw.quoted(value) -%}
        {%- if property in declared.lists %}
        and {{ caw.list_has("events." ~ property, literal) }}
        {%- elif property in declared.properties %}
        and events.{{ property }} = {{ literal }}
        {%- else -%}
            {{ caw.segment_error(event ~ " has no property '" ~ property ~ "'; it has " ~ (declared.properties + declared.lists) | join(", ")) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
