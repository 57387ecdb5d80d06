{{ config(materialized="view") }}

{% set feeds = var("feeds") %}

{% for feed in feeds %}
    select
        file_path,
        line_number,
        source,
        '{{ feed }}' as feed,
        raw_text,
        refusal_reason as reason,
        refusal_field as field,
        batch_id,
        ingested_at,
        refusal_detail as detail,
        true as is_in_ledger
    from {{ ref("stg_" ~ feed) }}
    where verdict = 'rejected'
    union all
{% endfor %}
select
    file_path,
    line_number,
    source,
    'chat_transcripts' as feed,
    raw_text,
    refusal_reason as reason,
    refusal_field as field,
    batch_id,
    ingested_at,
    refusal_detail as detail,
    false as is_in_ledger
from {{ ref("stg_transcript_records") }}
where verdict = 'rejected'
