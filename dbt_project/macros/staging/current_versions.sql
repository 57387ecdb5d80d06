{# Of a versioned feed: the accepted rows, each with whether it is its key's current version (spec §2.0.5); at one instant
   the feed's own line goes before what was made of another's (spec §2.3.3). `among`: a condition that is true for all
   rows of a key or for none. #}
{% macro current_versions(feed, key, columns, among="true") -%}
    select
        {{ (line_key() + ["source", "ingested_at"] + columns) | join(", ") }},
        row_number() over (
            partition by source, {{ key }}
            order by updated_at desc, {{ "is_landed desc, " if is_expanded_into(feed) }}batch_id desc, file_path desc, line_number desc
        ) = 1 as is_current
    from ({{ accepted_rows(feed, (line_key() + ["source", "ingested_at"] + columns), "(" ~ among ~ ")") }}) as accepted
{%- endmacro %}
