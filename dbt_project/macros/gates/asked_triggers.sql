{# Query: the triggers that share their keys with any of the rows; only those are asked about in an as-of join, which sorts
   all that it is given. `keys` maps columns of the triggers to columns of the rows. #}
{% macro triggers_with_any(triggers, rows, keys) -%}
    select triggers.*
    from {{ triggers }} as triggers {{ semi_join() }} {{ rows }} as rows_of_keys
    on {{ same_keys("triggers", "rows_of_keys", keys) }}
{%- endmacro %}

{# Condition: whether two rows have the same keys; `keys` maps columns of the one to columns of the other. #}
{% macro same_keys(left, right, keys) -%}
    {%- for of_left, of_right in keys.items() -%}
        {{ left }}.{{ of_left }} = {{ right }}.{{ of_right }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The columns by which a profile's rows are found, and by which its rows of the trigger's channel are. #}
{% macro keys_of_profile() -%} {{ return({"source": "source", "profile_id": "profile_id"}) }} {%- endmacro %}
{% macro keys_of_channel() -%}
    {{ return({"source": "source", "profile_id": "profile_id", "message_channel": "channel"}) }}
{%- endmacro %}

{# A history for a query's `from`: all of it, or of the triggers' profiles alone. Where there are few triggers, what a gate
   makes of a history costs more than the gate; where there are as many as profiles, so does choosing. #}
{% macro rows_about(history, triggers, of_asked) -%}
    {%- if of_asked -%}
        (
            select history.*
            from {{ history }} as history {{ semi_join() }} {{ triggers }} as triggers
            on {{ same_keys("history", "triggers", keys_of_profile()) }}
        ) as history
    {%- else -%} {{ history }}
    {%- endif -%}
{%- endmacro %}
