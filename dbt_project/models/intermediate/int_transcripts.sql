with
    transcripts as (
        select
            batch_id,
            file_path,
            line_number,
            source,
            transcript_id,
            message_count,
            count(*) over (partition by source, transcript_id) as versions
        from {{ ref("stg_chat_transcripts") }}
        where verdict = 'accepted'
    ),

    -- asked only of transcripts with several versions: most have one, and it is current whatever its records are
    with_accepted_records as (
        select distinct records.batch_id, records.file_path, records.line_number
        from {{ ref("stg_transcript_records") }} as records
        inner join transcripts using (batch_id, file_path, line_number)
        where records.verdict = 'accepted' and transcripts.versions > 1
    ),

    ranked as (
        select
            transcripts.batch_id,
            transcripts.file_path,
            transcripts.line_number,
            transcripts.source,
            transcripts.transcript_id,
            transcripts.message_count,
            row_number() over (
                partition by transcripts.source, transcripts.transcript_id
                order by
                    (accepted.batch_id is not null) desc,
                    transcripts.message_count desc,
                    transcripts.batch_id desc,
                    transcripts.file_path desc,
                    transcripts.line_number desc
            ) as place
        from transcripts
        left join with_accepted_records as accepted using (batch_id, file_path, line_number)
    ),

    final as (
        select batch_id, file_path, line_number, source, transcript_id, message_count, place = 1 as is_current
        from ranked
    )

select *
from final
