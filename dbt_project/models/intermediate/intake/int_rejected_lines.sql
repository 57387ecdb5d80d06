{{ config(materialized=as_view()) }}

{#- Records that lines make and that their own feed refuses stand under the line and its feed, once per reason and field of
    a line unless the adapter wants each, outside the ledger's sum (spec §2.2 and §2.3.2). Those of a line that is refused
    itself stand nowhere else than in it. -#}
{% set columns = [
    "raw_text",
    "refusal_reason as reason",
    "refusal_field as field",
    "batch_id",
    "ingested_at",
    "refusal_detail as detail",
] %}

with
    every_refusal as (
        select batch_id, file_path, line_number from {{ ref("stg_expanded_lines") }} where lists_every_refusal
    ),

    refused_lines as (
        select batch_id, file_path, line_number from {{ ref("stg_expanded_lines") }} where verdict = 'rejected'
    ),

    made as (
        {%- for feed in feeds_made() %}
            select
                records.file_path,
                records.line_number,
                records.source,
                records.expanded_from as feed,
                {{ qualified(columns, "records") }},
                every_refusal.batch_id is not null
                or row_number() over (
                    partition by
                        records.batch_id,
                        records.file_path,
                        records.line_number,
                        records.refusal_reason,
                        records.refusal_field
                    order by records.record_index
                )
                = 1 as is_listed
            from {{ ref("stg_expanded_" ~ feed) }} as records
            left join every_refusal on {{ same_line("every_refusal", "records") }}
            left join refused_lines on {{ same_line("refused_lines", "records") }}
            where records.verdict = 'rejected' and refused_lines.batch_id is null {{ "union all" if not loop.last }}
        {%- endfor %}
    ),

    final as (
        {% for feed in var("feeds") %}
            select
                file_path, line_number, source, '{{ feed }}' as feed, {{ columns | join(", ") }}, true as is_in_ledger
            from {{ ref("stg_" ~ feed) }}
            where verdict = 'rejected'
            union all
        {% endfor %}
        select file_path, line_number, source, feed, {{ columns | join(", ") }}, true as is_in_ledger
        from {{ ref("stg_expanded_lines") }}
        where verdict = 'rejected'
        union all
        select * except (is_listed), false as is_in_ledger
        from made
        where is_listed
    )

select *
from final
