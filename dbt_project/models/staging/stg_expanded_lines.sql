{% for feed in feeds_made() -%}
-- depends_on: {{ ref("base_" ~ feed) }}
{% endfor %}
{% set columns = ["batch_id", "file_path", "line_number", "content_id"] + version_columns() %}
{% set versions -%}
    select {{ columns | join(", ") }}, true as is_new
    from {{ ref("base_expanded_lines") }}
    where refusal_reason is null and object_id is not null and not gave_way
    {%- if is_incremental() %}
        union all
        select {{ columns | join(", ") }}, false as is_new
        from {{ this }}
        where verdict = 'accepted' and object_id is not null
    {%- endif %}
{%- endset -%}
{% set contested = contested_lines(versions) %}
with
    lines as (select * from {{ ref("base_expanded_lines") }}),

    versions as ({{ versions }}),

    {% if contested %} {{ contents_of(contested) }}, {% endif -%}
    -- a line that was delivered again says what it said at first, whenever it was ingested (spec §2.3.2)
    with_content as (
        select
            versions.*,
            {%- if contested %}
                coalesce(
                    first_value(contents.content) over (
                        partition by {{ qualified(version_columns() + ["content_id"], "versions") }}
                        order by versions.is_new, versions.batch_id, versions.file_path, versions.line_number
                    ),
                    versions.content_id
                ) as content
            {%- else %} versions.content_id as content
            {%- endif %}
        from versions
        {%- if contested %} left join contents using (batch_id, file_path, line_number) {%- endif %}
    ),

    ranked as (
        select
            batch_id,
            file_path,
            line_number,
            is_new,
            row_number() over (
                partition by {{ version_columns() | join(", ") }}, content
                order by is_new, batch_id, file_path, line_number
            ) as row_rank
        from with_content
    ),

    -- a message of a connector's protocol is a version of no object, and accepted each time (spec §2.3.1)
    final as (
        select
            lines.batch_id,
            lines.file_path,
            lines.line_number,
            lines.source,
            lines.ingested_at,
            lines.feed,
            case
                when lines.refusal_reason is not null
                then 'rejected'
                when lines.gave_way
                then 'gave_way'
                when lines.object_id is null or ranked.row_rank = 1
                then 'accepted'
                else 'duplicate'
            end as verdict,
            lines.refusal_reason,
            lines.refusal_field,
            lines.refusal_detail,
            lines.raw_text,
            lines.object_id,
            lines.version_at,
            lines.version_rank,
            lines.parts,
            lines.marks,
            lines.is_gone,
            lines.took_part,
            lines.metric,
            lines.state_id,
            lines.content_id,
            lines.needs_record,
            lines.lists_every_refusal,
            lines.unknown_words
        from lines
        left join ranked on ranked.is_new and {{ same_line("ranked", "lines") }}
    )

select *
from final
