{# A table on Spark that may be added to, as Parquet, which takes no deletes and no merges: rows are appended, or whole buckets
   are written again. A bucket is a partition by a hash of the key; the table has its number as a last column. The strategy
   is the model's: `append`; `rebuild` (macros/runs.sql) and `delete+insert`, which are one thing here. Models of a team's
   project are built by it, too (root/spark.sql). #}
{% materialization incremental, adapter="spark", supported_languages=["sql"] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set key = caw.spark_bucket_key() -%}
    {{ run_hooks(pre_hooks) }}
    {%- if existing is none or should_full_refresh() -%}
        {%- if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif -%}
        {% call statement("main") %}{{ caw.spark_table_in_buckets(sql, key) }}{% endcall %}
        {% do persist_constraints(this, model) %}
    {%- else -%}
        {%- set rows = caw.spark_view_name("new_rows") -%}
        {% do run_query("drop view if exists " ~ rows) %}
        {% call statement("main") %}cache table {{ rows }} as {{ caw.spark_in_buckets(sql, key) }}{% endcall %}
        {% do persist_constraints(rows, model) %}
        {%- if key %}{% do caw.spark_write_buckets(rows, key) %}
        {%- else %}{% do run_query("insert into " ~ this ~ " by name select * from " ~ rows) %}
        {%- endif -%}
        {% do run_query("drop view " ~ rows) %}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [this.incorporate(type="table")]}) }}
{% endmaterialization %}

{# The name of a model's temporary view: all schemas share these names, and two models are built at a time. #}
{% macro spark_view_name(what) -%} {{ return(what ~ "_of_" ~ this.schema ~ "__" ~ this.identifier) }} {%- endmacro %}

{# How many buckets a table has. Another number builds every table from the raw store once. #}
{% macro spark_buckets() -%} {{ return(env_var("CAW_SPARK_BUCKETS", "") or "8") }} {%- endmacro %}

{% macro spark_bucket_of(key) -%} cast(pmod({{ caw.spark__hash_of(key) }}, {{ caw.spark_buckets() }}) as int) {%- endmacro %}

{# The columns whose rows go together; none where rows are appended. #}
{% macro spark_bucket_key() -%}
    {%- set strategy = config.get("incremental_strategy") or "delete+insert" -%}
    {%- set unique_key = config.get("unique_key") or [] -%}
    {%- for name in ["predicates", "incremental_predicates"] if config.get(name) -%}
        {{ exceptions.raise_compiler_error("On Spark " ~ name ~ " of an incremental model have no effect: leave them out, or build on DuckDB") }}
    {%- endfor -%}
    {%- if strategy == "rebuild" %}{{ return(["source", config.get("meta", {}).get("key", "conversation_id")]) }}
    {%- elif strategy == "delete+insert" %}{{ return([unique_key] if unique_key is string else unique_key) }}
    {%- elif strategy != "append" %}{{ exceptions.raise_compiler_error("On Spark there is no incremental_strategy " ~ strategy ~ ": take append or delete+insert") }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro spark_in_buckets(query, key) -%}
    select *{% if key %}, {{ caw.spark_bucket_of(key) }} as caw_bucket{% endif %} from ({{ query }}) as query
{%- endmacro %}

{% macro spark_table_in_buckets(query, key) -%}
    {%- if config.get("contract").enforced -%}
        {{ get_assert_columns_equivalent(query) }}
        {%- set query = get_select_subquery(query) -%}
    {%- endif -%}
    create table {{ this }} using parquet {{ "partitioned by (caw_bucket)" if key }} as
    {{ caw.spark_in_buckets(query, key) }} {{ "distribute by caw_bucket" if key }}
{%- endmacro %}

{# In the buckets of what goes and of what comes: what stays, and what comes. #}
{% macro spark_write_buckets(rows, key) -%}
    {%- set gone = caw.spark_gone(rows, key) -%}
    {%- set touched = caw.spark_numbers("select distinct caw_bucket from (" ~ gone ~ ") as gone") -%}
    {%- set comes = caw.spark_numbers("select distinct caw_bucket from " ~ rows) -%}
    {%- if touched -%}
        {%- set emptied = touched | reject("in", comes) | list -%}
        {%- if emptied -%}
            {%- set stays = caw.spark_numbers("select distinct caw_bucket from (" ~ caw.spark_staying(gone, key, emptied) ~ ") as stays") -%}
            {%- set emptied = emptied | reject("in", stays) | list -%}
        {%- endif -%}
        {% do run_query(
            "insert overwrite table " ~ this ~ " partition (caw_bucket) select * from (" ~ caw.spark_staying(gone, key, touched)
            ~ " union all select " ~ caw.spark_columns(this) ~ " from " ~ rows ~ ") as bucket distribute by caw_bucket"
        ) %}
        {%- for number in emptied %}{% do run_query(caw.spark_emptied(this, number)) %}{% endfor -%}
    {%- endif -%}
{%- endmacro %}

{# Query: the keys, and their buckets, whose rows go: of what comes, and where the strategy is `rebuild`, of the list. #}
{% macro spark_gone(rows, key) -%}
    select {{ key | join(", ") }}, caw_bucket from {{ rows }}
    {%- if config.get("incremental_strategy") == "rebuild" %}
    union
    select {{ key | join(", ") }}, {{ caw.spark_bucket_of(key) }}
    from {{ api.Relation.create(database=this.database, schema="intermediate", identifier=config.get("meta").rebuilds) }}
    {%- endif -%}
{%- endmacro %}

{# Query: what stays in these buckets. A key that is null replaces no row, as in dbt's own `delete+insert`. #}
{% macro spark_staying(gone, key, buckets) -%}
    {%- set equals = " <=> " if config.get("incremental_strategy") == "rebuild" else " = " -%}
    select before.*
    from {{ this }} as before
    left anti join ({{ gone }}) as gone
        on gone.caw_bucket = before.caw_bucket{% for column in key %} and gone.{{ column ~ equals ~ "before." ~ column }}{% endfor %}
    where before.caw_bucket in ({{ buckets | join(", ") }})
{%- endmacro %}

{# A bucket's rows go: a statement that writes none of them leaves it as it is. #}
{% macro spark_emptied(relation, number) -%}
    insert overwrite table {{ relation }} partition (caw_bucket = {{ number }})
    select
        {%- for column in adapter.get_columns_in_relation(relation) if column.name != "caw_bucket" %}
        cast(null as {{ column.dtype }}) as {{ column.quoted }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
{%- endmacro %}

{% macro spark_columns(relation) -%}
    {{ return(adapter.get_columns_in_relation(relation) | map(attribute="quoted") | join(", ")) }}
{%- endmacro %}

{% macro spark_numbers(query) -%} {{ return(run_query(query).columns[0].values() | list) }} {%- endmacro %}
