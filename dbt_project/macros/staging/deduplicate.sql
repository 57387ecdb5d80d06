{# Which of the new lines are accepted, duplicate or rejected (spec §2.1.1), in delivery order: query of this run's lines
   with their verdicts.

   In an immutable feed the first delivered line of a key is accepted, an equal one is a duplicate, any other a conflict.
   In the others a line that equals an earlier one in every column is a duplicate; the key has the columns in which lines
   must agree to be compared at all. Only lines whose key occurs twice pay for the comparison; where none does, which is
   what most batches bring, it is not even planned. Records that are made of other feeds' lines are no concern of this. #}
{% macro deduplicated(feed) -%}
    {%- set staged = staged_feed(feed) -%}
    {%- set key, columns, immutable, kept = staged.key, staged["columns"], staged.immutable, staged.kept -%}
    {%- set is_expanded = is_expanded_into(feed) -%}
    {%- set base = ref("base_" ~ feed) -%}
    {%- set repeated = repeated_keys(feed, base, key) -%}
    {%- set compared = ["source"] + (key if immutable else columns) -%}
    with
        lines as (select * from {{ base }}{% if is_expanded %} where expanded_from is null{% endif %}),

        {% if repeated -%}
        same_key_rows as (
            select {{ (line_key() + ["source"] + columns) | join(", ") }}, true as is_new
            from lines
            where refusal_reason is null and not gave_way and {{ passing_hash(["source"] + key) }} in (select key_hash from {{ repeated }})
            {%- if is_incremental() %}
            union all
            select {{ (line_key() + ["source"] + columns) | join(", ") }}, false as is_new
            from {{ this }}
            where verdict = 'accepted' and {{ passing_hash(["source"] + key) }} in (select key_hash from {{ repeated }})
            {%- endif %}
        ),

        ranked as (
            select
                {{ line_key() | join(", ") }},
                is_new,
                row_number() over delivered as row_rank,
                {{ differs(record_of(columns), "first_value(" ~ record_of(columns) ~ ") over delivered") if immutable else "false" }} as is_conflict
            from same_key_rows
            window delivered as (
                partition by {{ compared | join(", ") }}
                order by is_new, {{ line_key() | join(", ") }}
            )
        ),

        {% if immutable -%}
        conflicts as (
            select {{ qualified(line_key(), "texts") }}, texts.raw_text
            from {{ source("raw", feed) }} as texts
            inner join ranked using ({{ line_key() | join(", ") }})
            where ranked.is_new and ranked.is_conflict
        ),

        {% endif -%}
        {% endif -%}
        final as (
            select
                {{ qualified(line_key() + ["source", "ingested_at"], "lines") }},
                {% if repeated -%}
                case
                    when lines.refusal_reason is not null{% if immutable %} or ranked.is_conflict{% endif %} then 'rejected'
                    when lines.gave_way then 'gave_way'
                    when ranked.row_rank > 1 then 'duplicate'
                    else 'accepted'
                end as verdict,
                {%- else -%}
                case
                    when lines.refusal_reason is not null then 'rejected'
                    when lines.gave_way then 'gave_way'
                    else 'accepted'
                end as verdict,
                {%- endif %}
                {% if repeated and immutable -%}
                case when ranked.is_conflict then 'conflicting_duplicate' else lines.refusal_reason end as refusal_reason,
                lines.refusal_field,
                case when ranked.is_conflict then {{ conflict_sentence(key) }} else lines.refusal_detail end as refusal_detail,
                {%- else -%}
                {{ qualified(["refusal_reason", "refusal_field", "refusal_detail"], "lines") }},
                {%- endif %}
                {{ qualified(["gave_way", "unknown_fields"], "lines") }},
                {{ "coalesce(conflicts.raw_text, lines.raw_text) as raw_text" if repeated and immutable else "lines.raw_text" }},
                {{ qualified(columns + kept, "lines") }}
            from lines
            {%- if repeated %}
            left join ranked on ranked.is_new and {{ same_line("ranked", "lines") }}
            {%- if immutable %}
            left join conflicts on {{ same_line("conflicts", "lines") }}
            {%- endif %}
            {%- endif %}
        )

    select * from final
{%- endmacro %}

{# The keys that several lines have, new or accepted before, by their hash, as a temporary relation; none where there are
   none. A hash finds these keys, and more at worst. #}
{% macro repeated_keys(feed, base, key) -%}
    {%- set statement -%}
        with keys as {{ materialized() }} (
            select {{ passing_hash(["source"] + key) }} as key_hash
            from {{ base }}
            where refusal_reason is null and not gave_way{% if is_expanded_into(feed) %} and expanded_from is null{% endif %}
        )

        select key_hash from keys group by key_hash having count(*) > 1
        {%- if is_incremental() %}
        union
        select {{ passing_hash(["source"] + key) }} as key_hash
        from {{ this }}
        where verdict = 'accepted' and {{ passing_hash(["source"] + key) }} in (select key_hash from keys)
        {%- endif %}
    {%- endset -%}
    {{ return(temporary_rows("repeated_keys_of_" ~ feed, statement)) }}
{%- endmacro %}

{# The sentence of a line whose key came before it with other content. #}
{% macro conflict_sentence(key) -%}
    {{ quoted("a line with this " ~ key | join(" and ") ~ " came before it with other content: the first one counts. See whether ids are used twice, or what has changed in the export.") }}
{%- endmacro %}
