{# What the models after staging read of a feed: the rows of its own lines, and of the records made of other feeds' lines. #}

{# Query: the accepted rows of a feed, its own lines' and those made of other feeds' (spec §2.3.3), with `is_landed`, whether
   it is its own. In an immutable feed, a record that both have is the feed's own, and
   `with_feed` gives the `feed` that each is from; in a history, identical rows are one;
   versions of a versioned feed stand side by side. #}
{% macro accepted_rows(feed, columns, condition="true", with_feed=false) -%}
    {%- set staged = staged_feed(feed) -%}
    {%- set of_landed = ["'" ~ feed ~ "' as feed"] if with_feed else [] -%}
    {%- if not is_expanded_into(feed) -%}
    select {{ (columns + of_landed) | join(", ") }}, true as is_landed from {{ ref("stg_" ~ feed) }} where verdict = 'accepted' and {{ condition }}
    {%- elif staged.immutable -%}
    with
        landed as (
            select {{ (columns + of_landed + ["true as is_landed"]) | join(", ") }} from {{ ref("stg_" ~ feed) }} where verdict = 'accepted' and {{ condition }}
        ),

        made as ({{ current_records(feed, columns + (["expanded_from as feed"] if with_feed else []), condition) }})

    select * from landed
    union all
    select made.*, false as is_landed
    from made
    where not exists (
        select 1 from landed where landed.source = made.source
        {%- for column in staged.key %} and landed.{{ column }} = made.{{ column }}{% endfor %}
    )
    {%- elif staged.versioned -%}
    select {{ columns | join(", ") }}, true as is_landed from {{ ref("stg_" ~ feed) }} where verdict = 'accepted' and {{ condition }}
    union all
    select {{ columns | join(", ") }}, false as is_landed from {{ ref("stg_expanded_" ~ feed) }} where verdict = 'accepted' and {{ condition }}
    {%- else -%}
    select {{ columns | join(", ") }}, true as is_landed from {{ ref("stg_" ~ feed) }} where verdict = 'accepted' and {{ condition }}
    union
    select {{ columns | join(", ") }}, true as is_landed from {{ ref("stg_expanded_" ~ feed) }} where verdict = 'accepted' and {{ condition }}
    {%- endif -%}
{%- endmacro %}

{# Query: the accepted records of an immutable feed that were made of lines and that count (spec §2.3.3): of a part, those
   of the newest version that has it; of the whole, those of the current one; none of an object that is gone, or in which
   the agent took no part. #}
{% macro current_records(feed, columns, condition="true") -%}
    select {{ qualified(columns, "records") }}
    from {{ ref("stg_expanded_" ~ feed) }} as records
    inner join (
        select {{ line_key() | join(", ") }}, is_current_whole from {{ ref("int_expanded_versions") }} where counts
    ) as versions on {{ same_line("versions", "records") }}
    left join {{ ref("int_expanded_parts") }} as parts on {{ same_line("parts", "records") }} and parts.part = records.part
    where
        records.verdict = 'accepted'
        and {{ condition }}
        and case when records.part is null then versions.is_current_whole else parts.part is not null end
{%- endmacro %}

{# Of a versioned feed: the accepted rows, each with whether it is its key's current version (spec §2.0.5); at one instant
   the feed's own line goes before what was made of another's (spec §2.3.3). `among`: a condition that is true for all
   rows of a key or for none. `unless`: a condition; `is_described` is then whether a version is its key's last one for
   which it is not true, or the last one where it is true for all. #}
{% macro current_versions(feed, key, columns, among="true", unless=none) -%}
    {%- set newest_first -%}
        updated_at desc, {{ "is_landed desc, " if is_expanded_into(feed) }}batch_id desc, file_path desc, line_number desc
    {%- endset -%}
    select
        {{ (line_key() + ["source", "ingested_at"] + columns) | join(", ") }},
        {% if unless -%}
        row_number() over (partition by source, {{ key }} order by {{ unless }}, {{ newest_first }}) = 1 as is_described,
        {% endif -%}
        row_number() over (partition by source, {{ key }} order by {{ newest_first }}) = 1 as is_current
    from ({{ accepted_rows(feed, (line_key() + ["source", "ingested_at"] + columns), "(" ~ among ~ ")") }}) as accepted
{%- endmacro %}

{# The accepted rows of a feed of people, each profile_id followed to the end of its merges (spec §3.5); what is
   left of a forgotten person's is nobody's. #}
{% macro followed_merges(feed, columns) -%}
    select
        rows.source,
        coalesce(merges.final_profile_id, rows.profile_id) as profile_id,
        {%- for column in columns %}
        rows.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from ({{ accepted_rows(feed, ["source", "profile_id"] + columns, "is_erased is not true") }}) as rows
    left join {{ ref("int_profile_merges") }} as merges using (source, profile_id)
{%- endmacro %}

{# Query: records made of other feeds' lines, where the parts say that they stand. Some records of helpdesks stand where other
   parts of their object say, such as the last message of the AI (spec §2.3.3): int_expanded_placements says where.
   made: relation of them, with line_key(), record_index and placement. columns: of the log, and others as they are. #}
{% macro placed_records(made, columns) -%}
    {%- if not is_any_placed() -%} select {{ columns | join(", ") }} from {{ made }}
    {%- else -%}
    select
        {%- for column in columns %}
        {{ ("coalesce(places." ~ column ~ ", made." ~ column ~ ") as " ~ column) if column in ["occurred_at", "sequence", "actor"] else "made." ~ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ made }} as made
    left join {{ ref("int_expanded_placements") }} as places
        on {{ same_line("places", "made") }} and places.record_index = made.record_index
    where coalesce(places.is_shown, true)
    {%- endif -%}
{%- endmacro %}

{# Whether any feed has such records: `placed` in `vars.expanded_feeds` says so. #}
{% macro is_any_placed() -%}
    {{ return(var("expanded_feeds").values() | selectattr("placed", "defined") | list | length > 0) }}
{%- endmacro %}

{# Relation: all rows of a feed, refused ones too, its own lines' and those made of others'. #}
{% macro staged_rows(feed, columns) -%}
    {%- if is_expanded_into(feed) -%}
    (
        select {{ columns | join(", ") }} from {{ ref("stg_" ~ feed) }}
        union all
        select {{ columns | join(", ") }} from {{ ref("stg_expanded_" ~ feed) }}
    )
    {%- else -%} {{ ref("stg_" ~ feed) }}
    {%- endif -%}
{%- endmacro %}
