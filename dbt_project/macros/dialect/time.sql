{# Instants and intervals, as DuckDB speaks them. An instant is a `timestamptz` in UTC, microseconds. #}

{% macro text_to_instant(text) -%} try_cast({{ text }} as timestamptz) {%- endmacro %}

{% macro text_to_local_time(text) -%} try_cast({{ text }} as timestamp) {%- endmacro %}

{# Microseconds since 1970 to an instant; null from 2100 on and before 1970. #}
{% macro micros_to_instant_before_2100(micros) -%}
    {{ with_value("micros", micros, "case when micros between 0 and 4102444799999999 then make_timestamptz(cast(micros as bigint)) end") }}
{%- endmacro %}

{# Microseconds of a number of units, a decimal of 6 digits: `per_micros` millionths of a unit are one; cut, not rounded. #}
{% macro whole_micros(number, per_micros) -%} (cast({{ number }} * 1000000 as hugeint) // {{ per_micros }}) {%- endmacro %}

{# How far a zone's clocks are ahead of UTC at a local time that is read as if it were UTC. #}
{% macro zone_offset_at(utc, zone) -%} (timezone({{ zone }}, timezone('UTC', {{ utc }})) - ({{ utc }})) {%- endmacro %}

{# A zone's local time to an instant. A time that the clocks repeat is its first, a skipped one takes the offset before
   the gap: both are the offset of the day before, unless that offset was no longer in force at the instant it gives
   and the offset of the day after is. #}
{% macro local_to_instant(local, zone) -%}
    {%- set offsets = struct_of({
        "before": zone_offset_at(local ~ " - interval 1 day", zone),
        "after": zone_offset_at(local ~ " + interval 1 day", zone),
    }) -%}
    {%- set instant -%}
        timezone('UTC', case
            when {{ zone_offset_at(local ~ " - offsets.before", zone) }} <> offsets.before
                and {{ zone_offset_at(local ~ " - offsets.after", zone) }} = offsets.after
                then {{ local }} - offsets.after
            else {{ local }} - offsets.before
        end)
    {%- endset -%}
    {{ with_value("offsets", offsets, instant) }}
{%- endmacro %}

{% macro local_date(instant, zone) -%} cast(timezone({{ zone }}, {{ instant }}) as date) {%- endmacro %}

{% macro plus_hours(instant, hours) -%} ({{ instant }} + to_hours({{ hours }})) {%- endmacro %}
{% macro minus_hours(instant, hours) -%} ({{ instant }} - to_hours({{ hours }})) {%- endmacro %}
{# Days of 24 hours: an interval of days would follow a session's time zone. #}
{% macro plus_days(instant, days) -%} ({{ instant }} + to_hours(24 * ({{ days }}))) {%- endmacro %}
{% macro minus_days(instant, days) -%} ({{ instant }} - to_hours(24 * ({{ days }}))) {%- endmacro %}

{# Seconds from one instant to another, as a double. #}
{% macro seconds_between(earlier, later) -%} ((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0::double) {%- endmacro %}

{% macro instant_literal(text) -%} timestamptz '{{ text }}' {%- endmacro %}

{# A query of the names of all time zones that the engine knows. #}
{% macro known_time_zones() -%} select name from pg_timezone_names() {%- endmacro %}

{# Select list item: one row per day from one date to another, both included. #}
{% macro days_between(first, last) -%}
    cast(unnest(range(cast({{ first }} as timestamp), cast({{ last }} as timestamp) + interval 1 day, interval 1 day)) as date)
{%- endmacro %}

{% macro utc_date(instant) -%} {{ local_date(instant, "'UTC'") }} {%- endmacro %}

{# An instant as people read it: UTC's date and time. #}
{% macro utc_text(instant) -%} cast({{ instant }} at time zone 'UTC' as varchar) {%- endmacro %}
