{# Of a versioned feed: the accepted rows, each with whether it is its key's current version (spec §2.0.5); at one instant
   the feed's own line goes before what was made of another's (spec §2.3.3). `among`: a condition that is true for all
   rows of a key or for none. `unless`: a condition; `is_described` is then whether a version is its key's last one for
   which it is not true, or the last one where it is true for all. #}
{% macro current_versions(feed, key, columns, among="true", unless=none) -%}
    {%- set newest_first -%}
        updated_at desc, {{ "is_landed desc, " if is_expanded_into(feed) }}batch_id desc, file_path desc, line_number desc
    {%- endset -%}
    select
        {{ (line_key() + ["source", "ingested_at"] + columns) | join(", ") }},
        {% if unless -%}
        row_number() over (partition by source, {{ key }} order by {{ unless }}, {{ newest_first }}) = 1 as is_described,
        {% endif -%}
        row_number() over (partition by source, {{ key }} order by {{ newest_first }}) = 1 as is_current
    from ({{ accepted_rows(feed, (line_key() + ["source", "ingested_at"] + columns), "(" ~ among ~ ")") }}) as accepted
{%- endmacro %}
