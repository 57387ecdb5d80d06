{# The raw store's files. #}

{% macro data_dir() -%} {{ return(adapter.dispatch("data_dir", "caw")()) }} {%- endmacro %}

{# The path of a file of the data dir, or of the raw store, whose place caw passes to its own builds (`CAW_RAW_STORE`). #}
{% macro place_of(path) -%}
    {%- set store = env_var("CAW_RAW_STORE", "") if target.name in ("run", "spark") and path.startswith("raw/") -%}
    {{ return(store ~ path[3:] if store else data_dir() ~ "/" ~ path) }}
{%- endmacro %}

{# Whether the data dir has files of these names. #}
{% macro files_exist(pattern) -%} {{ return(adapter.dispatch("files_exist", "caw")(pattern)) }} {%- endmacro %}

{# Query: the rows of files of the data dir. #}
{% macro raw_files(pattern) -%} {{ return(adapter.dispatch("raw_files", "caw")(pattern)) }} {%- endmacro %}

{# Query: the rows of a folder of batches (one Parquet file, or one folder of them, each), with `last_batch`, the number of
   the last batch in the row's file: a condition on it is held against the files' names. Batches that were compacted into
   one have the first one's and the last one's number in their name. The latest stand first, as the planner takes the first one for typical of all, and the empty batch 0 would mislead it. #}
{% macro raw_batches(folder) -%} {{ return(adapter.dispatch("raw_batches", "caw")(folder)) }} {%- endmacro %}
