{# Of a versioned feed: the accepted rows, each with whether it is the version that holds (spec §2.0.5); `among`
   is a condition that is true for all rows of a key or for none. #}
{% macro current_versions(feed, among="true") -%}
    {%- set key = ["source"] + var("feeds")[feed].key -%}
    select
        batch_id, file_path, line_number, source, ingested_at,
        {{ typed_column_names(feed) | join(", ") }},
        row_number() over (
            partition by {{ key | join(", ") }}
            order by updated_at desc, batch_id desc, file_path desc, line_number desc
        ) = 1 as is_current
    from {{ ref("stg_" ~ feed) }}
    where verdict = 'accepted' and ({{ among }})
{%- endmacro %}
