{# Some records of helpdesks stand where other parts of their object say, such as the last message of the AI (spec §2.3.3):
   `placed` in `vars.expanded_feeds` says of which feeds there are any, int_expanded_placements where each of them stands. #}

{% macro is_any_placed() -%}
    {{ return(var("expanded_feeds").values() | selectattr("placed", "defined") | list | length > 0) }}
{%- endmacro %}

{# Query: records made of other feeds' lines, where the parts say that they stand.
   made: relation of them, with line_key(), record_index and placement. columns: of the log, and others as they are. #}
{% macro placed_records(made, columns) -%}
    {%- if not is_any_placed() -%} select {{ columns | join(", ") }} from {{ made }}
    {%- else -%}
    select
        {%- for column in columns %}
        {{ ("coalesce(places." ~ column ~ ", made." ~ column ~ ") as " ~ column) if column in ["occurred_at", "sequence", "actor"] else "made." ~ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ made }} as made
    left join {{ ref("int_expanded_placements") }} as places
        on {{ same_line("places", "made") }} and places.record_index = made.record_index
    where coalesce(places.is_shown, true)
    {%- endif -%}
{%- endmacro %}
