{# Which of the new lines are accepted, duplicate or rejected (spec §2.1.1), in delivery order.

   `lines` names a CTE with the raw store's columns, `contested` the relation of `contested_lines`. Gives the CTE `judged`:
   one row per line that shares its key with another line, with its `place` among those that are the same
   (1: it holds) and whether it is a conflict. In an immutable feed the first delivered of a key holds, an equal one is a
   duplicate, any other a conflict; in the other feeds a line that equals an earlier one in every typed column is a
   duplicate.

   The lines are read twice, first for their keys alone: whole typed lines are never kept together, so memory does not
   grow with them, and only keys that occur twice pay for the comparison: where none does, it is not even planned. A row
   that gave way takes no part. `passing_hash` finds these keys, more than these at worst; the window then compares the
   columns themselves. #}
{% macro judged_lines(feed, lines, contested) -%}
    {%- set spec = var("feeds")[feed] -%}
    {%- set typed = typed_column_names(feed) -%}
    {%- set key = rival_key(spec) -%}
    {%- set identity = ["source"] + (spec.key if spec.versions == "first" else typed) -%}
    {%- set carried = line_place() + ["ingested_at", "source"] + typed %}
rivals as (
    select {{ carried | join(", ") }}, true as is_new
    from (
        with contested_lines as (
            select * from {{ lines }}
            where ({{ line_place() | join(", ") }}) in (select ({{ line_place() | join(", ") }}) from {{ contested }})
        ),

        {{ candidates_of(feed, "contested_lines") }}

        select * from candidates
    ) as contestants
    where refusal_reason is null and not gave_way
    {%- if is_incremental() %}
    union all
    select {{ carried | join(", ") }}, false as is_new from {{ this }}
    where verdict = 'accepted' and {{ passing_hash(["source"] + key) }} in (select key_hash from {{ contested }})
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

judged as {{ kept() }} (
    select {{ line_place() | join(", ") }}, place, is_conflict from compared where is_new
)
{%- endmacro %}

{# The new lines that share their key with another line, new or accepted before, each with its key's hash, as a temporary
   relation; none where no line does, which is what most batches bring. #}
{% macro contested_lines(feed, lines) -%}
    {%- set key = rival_key(var("feeds")[feed]) -%}
    {%- set statement -%}
        with lines as {{ inlined() }} ({{ lines }}),

        keys as {{ kept() }} (
            with {{ typed_fields(feed, "lines", key) }}

            select
                {{ line_place() | join(", ") }},
                {{ passing_hash(["source"] + parsed_names(key)) }} as key_hash
            from typed
            where not gave_way{% for name in parsed_names(key) %} and {{ name }} is not null{% endfor %}
        ),

        contested as (
            select key_hash from keys group by key_hash having count(*) > 1
            {%- if is_incremental() %}
            union
            select {{ passing_hash(["source"] + key) }} as key_hash from {{ this }}
            where verdict = 'accepted' and {{ passing_hash(["source"] + key) }} in (select key_hash from keys)
            {%- endif %}
        )

        select * from keys where key_hash in (select key_hash from contested)
    {%- endset -%}
    {{ return(temporary_rows("contested__" ~ feed, statement)) }}
{%- endmacro %}

{# What tells a line from all others of its feed. #}
{% macro line_place() -%} {{ return(["batch_id", "file_path", "line_number"]) }} {%- endmacro %}

{# The fields by which lines are put side by side before they are compared: the feed's key or, in a history, what two
   equal rows agree in at least and what takes no alias to parse. #}
{% macro rival_key(spec) -%} {{ return(spec.get("key") or ["profile_id", "occurred_at"]) }} {%- endmacro %}

{% macro parsed_names(names) -%}
    {%- set parsed = [] -%}
    {%- for name in names %}{% do parsed.append(name ~ "_parsed") %}{% endfor -%}
    {{ return(parsed) }}
{%- endmacro %}

{# Lines typed and checked, as the CTE `candidates`. #}
{% macro candidates_of(feed, lines) -%}
{{ staged_lines(feed, lines) }},

candidates as (
    select
        batch_id, ingested_at, source, file_path, line_number,
        {{ refusal_columns() }},
        raw_text,
        gave_way,
        case when not is_erased then unknown_fields end as unknown_fields,
        {{ typed_columns(feed) }}
    from checked
)
{%- endmacro %}

{# A whole staging model: the new batches of a feed, typed, refused, deduplicated. What is wrong with refused lines is
   told afterwards, if there are any: a build without one does not even plan it. #}
{% macro staged_feed(feed) -%}
{{ config(post_hook="{{ tell_refusals('" ~ feed ~ "') }}") }}
{%- do source("raw", feed) -%}
{%- set seen = last_batch_taken() -%}
{%- set files = files_after("raw/" ~ feed, seen) -%}
{%- if is_incremental() and not bring_rows(files) -%}
select * from {{ this }} where false
{%- else -%}
{%- set lines = "select *, " ~ gave_way() ~ " as gave_way from " ~ parquet_rows_of(files, seen) -%}
{{ staged_lines_of(feed, lines, contested_lines(feed, lines) if bring_rows(files) else none) }}
{%- endif -%}
{%- endmacro %}

{# The statement itself: `lines` selects the new lines, `contested` names the relation of `contested_lines`, or is none. #}
{% macro staged_lines_of(feed, lines, contested) -%}
with lines as {{ inlined() }} ({{ lines }}),

{% if contested %}{{ judged_lines(feed, "lines", contested) }},

{% endif -%}
{{ candidates_of(feed, "lines") }},

settled as (
    select
        candidates.* exclude (refusal_reason),
        {% if contested -%}
        case when judged.is_conflict then 'conflicting_duplicate' else candidates.refusal_reason end as refusal_reason,
        case when judged.is_conflict then {{ conflict_sentence(var("feeds")[feed]) }} end as refusal_detail,
        {%- else -%}
        candidates.refusal_reason,
        cast(null as varchar) as refusal_detail,
        {%- endif %}
        case
            when candidates.refusal_reason is not null{% if contested %} or judged.is_conflict{% endif %} then 'rejected'
            when candidates.gave_way then 'gave_way'
            {%- if contested %}
            when judged.place > 1 then 'duplicate'
            {%- endif %}
            else 'accepted'
        end as verdict
    from candidates
    {%- if contested %}
    left join judged
        on candidates.batch_id = judged.batch_id
        and candidates.file_path = judged.file_path
        and candidates.line_number = judged.line_number
    {%- endif %}
)

select
    batch_id, file_path, line_number, source, ingested_at, verdict, refusal_reason, refusal_field, refusal_detail,
    gave_way, unknown_fields,
    case when verdict = 'rejected' then raw_text end as raw_text,
    {{ (typed_column_names(feed) + kept_columns(feed)) | join(",\n    ") }}
from settled
{%- endmacro %}

{# Condition: whether a row of the raw store is the last one of a table that was still being written, and a later version
   of the file goes on with it (spec §1.6): it changes nothing any more. Hardly ever is there one. #}
{% macro gave_way() -%}
    {%- set rows = parquet_rows("raw/given_way/lines.parquet") -%}
    {%- if execute and run_query("select 1 from " ~ rows ~ " limit 1").rows | length > 0 -%}
        (batch_id, file_path, line_number) in (select (batch_id, file_path, line_number) from {{ rows }})
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{# The latest batch this model holds, as text; none where it is built from nothing. #}
{% macro last_batch_taken() -%}
    {%- if execute and is_incremental() -%}
        {{ return(run_query("select coalesce(max(batch_id), '00000000') from " ~ this).rows[0][0]) }}
    {%- else -%}
        {{ return(none) }}
    {%- endif -%}
{%- endmacro %}
