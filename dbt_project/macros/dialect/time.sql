{# Instants and intervals. An instant is a `timestamptz` in UTC, microseconds. #}

{% macro text_to_instant(text) -%} {{ return(adapter.dispatch("text_to_instant", "caw")(text)) }} {%- endmacro %}

{% macro text_to_local_time(text) -%} {{ return(adapter.dispatch("text_to_local_time", "caw")(text)) }} {%- endmacro %}

{# Microseconds since 1970 to an instant; null from 2100 on and before 1970. #}
{% macro micros_to_instant_before_2100(micros) -%} {{ return(adapter.dispatch("micros_to_instant_before_2100", "caw")(micros)) }} {%- endmacro %}

{# Microseconds of a number of units, a decimal of 6 digits: `per_micros` millionths of a unit are one; cut, not rounded. #}
{% macro whole_micros(number, per_micros) -%} {{ return(adapter.dispatch("whole_micros", "caw")(number, per_micros)) }} {%- endmacro %}

{# A zone's local time to an instant. A time that the clocks repeat is its first, a skipped one takes the offset before
   the gap: both are the offset of the day before, unless that offset was no longer in force at the instant it gives
   and the offset of the day after is. #}
{% macro local_to_instant(local, zone) -%} {{ return(adapter.dispatch("local_to_instant", "caw")(local, zone)) }} {%- endmacro %}

{% macro local_date(instant, zone) -%} {{ return(adapter.dispatch("local_date", "caw")(instant, zone)) }} {%- endmacro %}

{# The hour of the day, 0 to 23, in a zone; an integer. #}
{% macro local_hour(instant, zone) -%} {{ return(adapter.dispatch("local_hour", "caw")(instant, zone)) }} {%- endmacro %}

{# The day of the week of a date, from 1 (Monday) to 7 (Sunday); an integer. #}
{% macro weekday(date) -%} {{ return(adapter.dispatch("weekday", "caw")(date)) }} {%- endmacro %}

{# The instant right after another one: a microsecond later. #}
{% macro next_instant(instant) -%} {{ return(adapter.dispatch("next_instant", "caw")(instant)) }} {%- endmacro %}

{% macro plus_hours(instant, hours) -%} {{ return(adapter.dispatch("plus_hours", "caw")(instant, hours)) }} {%- endmacro %}
{% macro minus_hours(instant, hours) -%} {{ return(adapter.dispatch("minus_hours", "caw")(instant, hours)) }} {%- endmacro %}
{# Days of 24 hours: an interval of days would follow a session's time zone. #}
{% macro plus_days(instant, days) -%} {{ return(adapter.dispatch("plus_days", "caw")(instant, days)) }} {%- endmacro %}
{% macro minus_days(instant, days) -%} {{ return(adapter.dispatch("minus_days", "caw")(instant, days)) }} {%- endmacro %}

{# Seconds from one instant to another, as a double. #}
{% macro seconds_between(earlier, later) -%} {{ return(adapter.dispatch("seconds_between", "caw")(earlier, later)) }} {%- endmacro %}

{# An instant without its fraction of a second. #}
{% macro whole_second(instant) -%} {{ return(adapter.dispatch("whole_second", "caw")(instant)) }} {%- endmacro %}

{% macro null_instant() -%} {{ return(adapter.dispatch("null_instant", "caw")()) }} {%- endmacro %}

{% macro instant_literal(text) -%} {{ return(adapter.dispatch("instant_literal", "caw")(text)) }} {%- endmacro %}

{# A query of the names of all time zones that the engine knows. #}
{% macro known_time_zones() -%} {{ return(adapter.dispatch("known_time_zones", "caw")()) }} {%- endmacro %}

{# Select list item: one row per day from one date to another, both included. #}
{% macro days_between(first, last) -%} {{ return(adapter.dispatch("days_between", "caw")(first, last)) }} {%- endmacro %}

{# The date that is a number of days after another one; before it, where the number is negative. #}
{% macro add_days(date, days) -%} {{ return(adapter.dispatch("add_days", "caw")(date, days)) }} {%- endmacro %}

{% macro utc_date(instant) -%} {{ return(adapter.dispatch("utc_date", "caw")(instant)) }} {%- endmacro %}

{# An instant as people read it: UTC's date and time. #}
{% macro utc_text(instant) -%} {{ return(adapter.dispatch("utc_text", "caw")(instant)) }} {%- endmacro %}
