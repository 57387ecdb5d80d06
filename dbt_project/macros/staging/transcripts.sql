{# Transcripts that were landed again (spec §2.2): whether two say the same. #}

{# The new transcripts that share id and number of messages with another one, new or accepted before, whose records are
   written differently, and those others, as a temporary relation; none where there are none, which is the rule. Only
   their records need be compared as they are typed. `versions` is the text of a select of new and old ones. #}
{% macro contested_transcripts(versions) -%}
    {%- set statement -%}
        with versions as ({{ versions }}),

        contested as (
            select source, transcript_id, message_count
            from versions
            group by source, transcript_id, message_count
            having count(distinct content_id) > 1 and {{ any_true("is_new") }}
        )

        select {{ line_key() | join(", ") }}, transcript_id
        from versions
        inner join contested using (source, transcript_id, message_count)
    {%- endset -%}
    {{ return(temporary_rows("contested_transcripts", statement)) }}
{%- endmacro %}

{# CTEs, the last of them `contents`: one row per contested transcript with records, and its `content`, equal for those
   whose typed records are equal and whose refused ones read the same. The records of older transcripts are in
   stg_transcript_records, as the last run left it; those that it does not hold yet, in base_conversation_log. #}
{% macro transcript_contents(contested) -%}
    {%- set staged = previous_relation("staging", "stg_transcript_records") if is_incremental() -%}
    {%- set columns = ["record_index", "time_from_start", "refusal_reason", "refusal_field", "raw_text"] + log_record_columns() -%}
records_of_both as (
    select {{ (line_key() + columns) | join(", ") }} from {{ ref("base_conversation_log") }} where transcript_id is not null
    {%- if staged %}
    union all
    select {{ (line_key() + columns) | join(", ") }} from {{ staged }}
    {%- endif %}
),

contents as (
    select
        {{ qualified(line_key(), "records") }},
        {{ content_of([sorted_distinct(list_agg(content_of(columns[1:])))]) }} as content
    from records_of_both as records
    inner join {{ contested }} as contested on {{ same_line("contested", "records") }}
    group by {{ qualified(line_key(), "records") }}
)
{%- endmacro %}

{# The sentence of a transcript that was not expanded, null for one that was. #}
{% macro transcript_sentence(reason, field, raw_text) -%}
    case {{ reason }}
        when 'missing_field' then {{ field }} || ' is missing: a transcript has an id and a list of messages.'
        when 'bad_value' then {{ field }} || ' is not as a transcript has it: an id is a text or a whole number, messages are a list of objects with role and content.'
        else {{ problem_sentence(reason, raw_text) }} || '.'
    end
{%- endmacro %}

{# The typed columns of a log record, landed or expanded from a transcript (spec §2.0.6). #}
{% macro log_record_columns() -%}
    {{ return([
        "record_id", "conversation_id", "occurred_at", "record_type", "actor", "text",
        "skill", "products", "layout", "status", "escalation_reason", "tags",
        "url", "product_id", "quantity", "sequence", "channel", "channel_text",
        "mode", "profile_id", "email", "phone_number", "external_id", "anonymous_id",
    ]) }}
{%- endmacro %}
