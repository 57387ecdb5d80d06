{# Which of the new lines are accepted, duplicate or rejected (contract 2.1), in delivery order.

   `candidates` names a CTE with line columns, `refusal_reason`, `refusal_field` and the feed's typed columns. Gives the CTE `settled`.
   In an immutable feed the first delivered of a key holds, an equal one is a duplicate, any other a conflict; in the
   other feeds a line that equals an earlier one in every typed column is a duplicate. Only keys that occur twice pay
   for the comparison; `passing_hash` finds them, the window then compares the columns themselves. #}
{% macro settled_lines(feed, candidates) -%}
    {%- set spec = var("feeds")[feed] -%}
    {%- set typed = typed_column_names(feed) -%}
    {%- set identity = ["source"] + (spec.key if spec.versions == "first" else typed) -%}
    {%- set carried = ["batch_id", "ingested_at", "source", "file_path", "line_number"] + typed %}
sound as (
    select *, {{ passing_hash(identity) }} as identity_hash
    from {{ candidates }}
    where refusal_reason is null
),

{% if is_incremental() -%}
accepted_before as (
    select {{ carried | join(", ") }}, {{ passing_hash(identity) }} as identity_hash
    from {{ this }}
    where verdict = 'accepted'
),

{% endif -%}
contested as (
    select identity_hash from sound group by identity_hash having count(*) > 1
    {%- if is_incremental() %}
    union
    select identity_hash from accepted_before
    where identity_hash in (select identity_hash from sound)
    {%- endif %}
),

rivals as (
    select {{ carried | join(", ") }}, true as is_new from sound
    where identity_hash in (select identity_hash from contested)
    {%- if is_incremental() %}
    union all
    select {{ carried | join(", ") }}, false as is_new from accepted_before
    where identity_hash in (select identity_hash from contested)
    {%- endif %}
),

compared as (
    select
        *,
        row_number() over delivered as place,
        {{ differs(record_of(typed), "first_value(" ~ record_of(typed) ~ ") over delivered") if spec.versions == "first" else "false" }} as is_conflict
    from rivals
    window delivered as (
        partition by {{ identity | join(", ") }}
        order by is_new, batch_id, file_path, line_number
        rows between unbounded preceding and unbounded following
    )
),

settled as (
    select * exclude (identity_hash), 'accepted' as verdict from sound
    where identity_hash not in (select identity_hash from contested)
    union all by name
    select
        sound.* exclude (identity_hash, refusal_reason),
        case when is_conflict then 'conflicting_duplicate' end as refusal_reason,
        case when place = 1 then 'accepted' when is_conflict then 'rejected' else 'duplicate' end as verdict
    from sound
    inner join compared
        on sound.batch_id = compared.batch_id
        and sound.file_path = compared.file_path
        and sound.line_number = compared.line_number
    where compared.is_new
    union all by name
    select *, 'rejected' as verdict from {{ candidates }}
    where refusal_reason is not null
)
{%- endmacro %}

{# A whole staging model: the new batches of a feed, typed, refused, deduplicated. #}
{% macro staged_feed(feed) -%}
with lines as (
    select * from {{ raw_lines(feed) }}
),

{{ staged_lines(feed, "lines") }},

candidates as {{ kept() }} (
    select
        batch_id, ingested_at, source, file_path, line_number,
        {{ refusal_columns() }},
        raw_text,
        {{ typed_columns(feed) }}
    from checked
),

{{ settled_lines(feed, "candidates") }}

select
    batch_id, file_path, line_number, source, ingested_at, verdict, refusal_reason, refusal_field,
    case when verdict = 'rejected' then raw_text end as raw_text,
    {{ (typed_column_names(feed) + kept_columns(feed)) | join(",\n    ") }}
from settled
{%- endmacro %}

{% macro refusal_columns() -%}
    nullif(split_part(refusal, '|', 1), '') as refusal_reason,
        nullif(split_part(refusal, '|', 2), '') as refusal_field
{%- endmacro %}

{# The raw lines of a feed that this model has not taken in yet. #}
{% macro raw_lines(feed) -%}
    {%- do source("raw", feed) -%}
    {{ parquet_rows_after("raw/" ~ feed, last_batch_taken()) }}
{%- endmacro %}

{# The latest batch this model holds, as text; none where it is built from nothing. #}
{% macro last_batch_taken() -%}
    {%- if execute and is_incremental() -%}
        {{ return(run_query("select coalesce(max(batch_id), '00000000') from " ~ this).rows[0][0]) }}
    {%- else -%}
        {{ return(none) }}
    {%- endif -%}
{%- endmacro %}
