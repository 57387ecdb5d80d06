{# The raw store as dbt's source `raw`: one view per table of it, made at the start of every invocation, as the store's
   files are then. Without a raw store, where nothing has been ingested yet, there are none. #}

{% macro create_raw_views() -%}
    {%- if execute and files_exist("raw/given_way/lines.parquet") -%}
        {%- set statements = ["create schema if not exists raw"] -%}
        {%- set superseded = raw_files("raw/given_way/lines.parquet") -%}
        {%- set any_superseded = run_query(superseded ~ " limit 1").rows | length > 0 -%}
        {%- for feed in var("feeds") -%}
            {%- do statements.append(raw_view(feed, landed_lines("raw/" ~ feed, superseded if any_superseded else none))) -%}
        {%- endfor -%}
        {%- do statements.append(raw_view("expanded_lines", landed_lines("expanded/lines", superseded if any_superseded else none))) -%}
        {%- for feed in feeds_made() -%}
            {%- do statements.append(raw_view("expanded_" ~ feed, landed_lines("expanded/records/" ~ feed, superseded if any_superseded else none))) -%}
        {%- endfor -%}
        {%- do statements.append(raw_view("files", raw_files("raw/batches/*.parquet") ~ " union all " ~ raw_files("state/unread_files.parquet"))) -%}
        {%- do statements.append(raw_view("run", raw_files("state/run.parquet"))) -%}
        {%- do run_statements(statements) -%}
    {%- endif -%}
{%- endmacro %}

{% macro raw_view(name, query) -%} create or replace view raw.{{ name }} as {{ query }} {%- endmacro %}

{# Query: the lines, or the records made of lines, in a folder of batches, each with `gave_way`: whether the line is the
   unfinished last row of a table, or holds it, which a later version of the file goes on with (spec §1.6), so that it changes
   nothing any more. Hardly ever is there one: `superseded` is the query of all of them, or none. #}
{% macro landed_lines(folder, superseded) -%}
    select
        lines.*,
        {% if superseded -%}
        exists (select 1 from ({{ superseded }}) as superseded where {{ same_line("superseded", "lines") }})
        {%- else -%}
        false
        {%- endif %} as gave_way
    from ({{ raw_batches(folder) }}) as lines
{%- endmacro %}
