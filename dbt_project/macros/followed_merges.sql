{# The accepted rows of a feed of people, each profile_id followed to the end of its merges (spec §3.5); what is
   left of a forgotten person's is nobody's. #}
{% macro followed_merges(feed, columns) -%}
    select
        rows.source,
        coalesce(merges.final_profile_id, rows.profile_id) as profile_id,
        {%- for column in columns %}
        rows.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from ({{ accepted_rows(feed, ["source", "profile_id"] + columns, "is_erased is not true") }}) as rows
    left join {{ ref("int_profile_merges") }} as merges using (source, profile_id)
{%- endmacro %}
