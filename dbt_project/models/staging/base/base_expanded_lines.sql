with
    lines as ({{ rows_after(source("raw", "expanded_lines"), last_batch_in("stg_expanded_lines")) }}),

    final as (
        select
            batch_id,
            file_path,
            line_number,
            source,
            ingested_at,
            feed,
            gave_way,
            reason as refusal_reason,
            field as refusal_field,
            coalesce(detail, {{ problem_sentence("reason", "raw_text") }} || '.') as refusal_detail,
            raw_text,
            object_id,
            version_at,
            version_rank,
            parts,
            marks,
            is_gone,
            took_part,
            metric,
            state_id,
            content_id,
            needs_record,
            lists_every_refusal,
            unknown_words
        from lines
    )

select *
from final
