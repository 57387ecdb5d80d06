{# Feeds whose lines are expanded into records of others (spec §2.2 and §2.3.1 to §2.3.3): transcripts, vendors' documents.
   `vars.expanded_feeds` says of which feeds they make records. Where no adapter makes any of a feed, that feed's models
   are as if there were no such thing. #}

{# The expanded feeds that make records of a canonical feed. #}
{% macro feeds_expanded_into(feed) -%}
    {%- set found = [] -%}
    {%- for name, declared in var("expanded_feeds").items() if feed in declared.makes %}{% do found.append(name) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro is_expanded_into(feed) -%} {{ return(feeds_expanded_into(feed) | length > 0) }} {%- endmacro %}

{# The canonical feeds of which adapters make records. #}
{% macro feeds_made() -%}
    {%- set found = [] -%}
    {%- for feed in var("feeds") if is_expanded_into(feed) %}{% do found.append(feed) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The vendors who count events themselves (spec §2.3.11), by the feed whose lines say what each counts as. #}
{% macro vendors_that_count() -%}
    {%- set found = {} -%}
    {%- for feed, declared in var("expanded_feeds").items() if declared.counted_by %}{% do found.update({feed: declared.counted_by}) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The feeds that say who may be written to where their vendor names the people (spec §2.3.5), each with the vendor. #}
{% macro feeds_that_permit() -%}
    {%- set found = {} -%}
    {%- for feed, declared in var("expanded_feeds").items() if declared.permits %}{% do found.update({feed: declared.permits}) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The feeds that repeat what another one says of a conversation (spec §2.3.12.5), each with that other one. #}
{% macro feeds_that_give_way() -%}
    {%- set found = {} -%}
    {%- for feed, declared in var("expanded_feeds").items() if declared.gives_way_to %}{% do found.update({feed: declared.gives_way_to}) %}{% endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# The columns of a record that say which line made it, and of what. #}
{% macro origin_columns() -%}
    {{ return(["expanded_from", "object_id", "part", "record_index", "time_from_start", "placement"]) }}
{%- endmacro %}

{# The same in a select list of a base model, if records are made of its feed. #}
{% macro origin_of(feed) -%}
    {%- if is_expanded_into(feed) %}{{ origin_columns() | join(", ") }},{% endif -%}
{%- endmacro %}

{# The records of a feed that were made of lines and that stg_expanded_<feed> does not hold yet, with the columns of
   `line_columns`. #}
{% macro new_expanded_records(feed) -%}
    {%- set stands_for = {"raw_text": "document", "problem": "cast(null as string)", "editor_line": "cast(null as bigint)",
        "unknown_fields": "cast(null as string)"} -%}
    select
        {%- for column in line_columns(feed) %}
        {{ stands_for[column] ~ " as " ~ column if column in stands_for else column }}{{ "," if not loop.last }}
        {%- endfor %}
    from ({{ rows_after(source("raw", "expanded_" ~ feed), last_batch_in("stg_expanded_" ~ feed)) }}) as records
{%- endmacro %}

{# Query of a model stg_expanded_<feed>: the records of the feed that accepted lines make, each accepted or rejected by
   the feed's own checks; and those that rejected lines would have made of who may be written to or is to be forgotten, each
   rejected for what its line is (spec §2.3.2). `kept` and the columns as in `staged_feed`. #}
{% macro expanded_records(feed) -%}
    {%- set staged = staged_feed(feed) -%}
    {%- set refusal = ["refusal_reason", "refusal_field", "refusal_detail"] -%}
    with
        lines as (
            select {{ (line_key() + refusal) | join(", ") }}
            from {{ ref("stg_expanded_lines") }}
            where verdict in ('accepted', 'rejected')
        ),

        records as (select * from {{ ref("base_" ~ feed) }} where expanded_from is not null),

        final as (
            select
                {{ qualified(line_key() + origin_columns() + ["source", "ingested_at"], "records") }},
                case
                    when coalesce(lines.refusal_reason, records.refusal_reason) is null then 'accepted' else 'rejected'
                end as verdict,
                {%- for column in refusal %}
                case when lines.refusal_reason is null then records.{{ column }} else lines.{{ column }} end as {{ column }},
                {%- endfor %}
                {{ qualified(["raw_text", "gave_way"], "records") }},
                {{ qualified(staged["columns"] + staged.kept, "records") }}
            from records
            inner join lines on {{ same_line("lines", "records") }}
        )

    select * from final
{%- endmacro %}

{# The new lines that share object and version with another one, new or accepted before, whose records are written
   differently, and those others, as a temporary relation; none where there are none, which is the rule. Only their
   records need be compared as they are typed. `versions` is the text of a select of new and old ones. #}
{% macro contested_lines(versions) -%}
    {%- set statement -%}
        with versions as ({{ versions }}),

        contested as (
            select {{ version_columns() | join(", ") }}
            from versions
            group by {{ version_columns() | join(", ") }}
            having count(distinct content_id) > 1 and {{ any_true("is_new") }}
        )

        select {{ qualified(line_key(), "versions") }}
        from versions
        inner join contested on {% for column in version_columns() -%}
            not {{ differs("contested." ~ column, "versions." ~ column) }}{{ " and " if not loop.last }}
        {%- endfor %}
    {%- endset -%}
    {{ return(temporary_rows("contested_lines", statement)) }}
{%- endmacro %}

{# The columns in which lines must agree to be the same version of an object; `state_id` is what a line says of it besides
   records: its parts, and whether it is gone. #}
{% macro version_columns() -%} {{ return(["source", "feed", "object_id", "version_at", "version_rank", "state_id"]) }} {%- endmacro %}

{# CTEs, the last of them `contents`: one row per contested line with records, and its `content`, equal for those whose
   typed records are equal and whose refused ones read the same. The records of older lines are in stg_expanded_<feed>, as
   the last run left it; those that it does not hold yet, in base_<feed>. #}
{% macro contents_of(contested) -%}
    {%- for feed in feeds_made() -%}
    {%- set staged = previous_relation("staging", "stg_expanded_" ~ feed) if is_incremental() -%}
    {%- set compared = ["part", "time_from_start", "placement", "refusal_reason", "refusal_field", "raw_text"] + staged_feed(feed)["columns"] -%}
    {%- set both = "all_" ~ feed -%}
{{ both }} as (
    select {{ (line_key() + compared) | join(", ") }} from {{ ref("base_" ~ feed) }} where expanded_from is not null
    {%- if staged %}
    union all
    select {{ (line_key() + compared) | join(", ") }} from {{ staged }}
    {%- endif %}
),

contents_of_{{ feed }} as (
    select {{ qualified(line_key(), "records") }}, '{{ feed }}' as feed, {{ content_of(compared) }} as content
    from {{ both }} as records
    inner join {{ contested }} as contested on {{ same_line("contested", "records") }}
),
    {% endfor %}
contents as (
    select {{ line_key() | join(", ") }}, {{ content_of([sorted_distinct(list_agg("feed || content"))]) }} as content
    from (
        {%- for feed in feeds_made() %}
        select * from contents_of_{{ feed }} {{ "union all" if not loop.last }}
        {%- endfor %}
    ) as records
    group by {{ line_key() | join(", ") }}
)
{%- endmacro %}
