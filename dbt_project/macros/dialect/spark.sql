{# How Spark 4 says what the dialect's macros stand for. What each means is written at its dispatcher, in the other files.
   The session: time zone UTC, ANSI on. #}

{# chains #}

{# A statement a round, until nothing moves, each from a table that the one before has written: what a CTE or a view stands
   for, cached or not, is planned wherever it is named, and a round names the one before twice. In a unit test the rows are in
   its one statement. #}
{% macro spark__doubled_pointers(edges) -%}
    {%- set first = "select source, profile_id, target, least(profile_id, target) as smallest, cast(1 as bigint) as steps from (" ~ edges ~ ") as edges" -%}
    {%- if not execute or model.resource_type == "unit_test" -%}
    with
        round_0 as ({{ first }}),
        {% for number in range(1, 4) -%}
        round_{{ number }} as ({{ spark_next_round("round_" ~ (number - 1), "(select count(*) from round_0)") }}){{ "," if not loop.last }}
        {% endfor -%}
    select source, profile_id, target, smallest from round_3
    {%- else -%}
        {%- set name = "raw." ~ spark_view_name("pointers") ~ "_" -%}
        {%- set last = namespace(round=0, moves=true) -%}
        {%- do spark_written(name ~ 0, first) -%}
        {%- set edges_in_all = spark_numbers("select count(*) from " ~ name ~ 0)[0] -%}
        {%- for number in range(1, 64) if last.moves -%}
            {%- do spark_written(name ~ number, spark_next_round(name ~ last.round, edges_in_all)) -%}
            {%- do run_query("drop table " ~ name ~ last.round) -%}
            {%- set last.moves = run_query("select 1 from " ~ name ~ number ~ " where moves limit 1").rows | length > 0 -%}
            {%- set last.round = number -%}
        {%- endfor -%}
    select source, profile_id, target, smallest from {{ name ~ last.round }}
    {%- endif -%}
{%- endmacro %}

{% macro spark_next_round(before, edges_in_all) -%}
    select
        near.source,
        near.profile_id,
        coalesce(far.target, near.target) as target,
        least(near.smallest, coalesce(far.smallest, near.smallest)) as smallest,
        case when far.source is not null then near.steps * 2 else near.steps end as steps,
        far.source is not null as moves
    from {{ before }} as near
    left join {{ before }} as far
        on near.source = far.source and near.target = far.profile_id and near.steps < {{ edges_in_all }}
{%- endmacro %}

{# A table of the build that is none of its models. #}
{% macro spark_written(name, statement) -%}
    {%- do run_query("drop table if exists " ~ name) -%}
    {%- do run_query("create table " ~ name ~ " using parquet as " ~ statement) -%}
{%- endmacro %}

{% macro spark_cached(name, statement) -%}
    {%- do run_query("drop view if exists " ~ name) -%}
    {%- do run_query("cache table " ~ name ~ " as " ~ statement) -%}
{%- endmacro %}

{# files #}

{% macro spark__data_dir() -%} {{ env_var("CAW_DATA_DIR", "../data") }} {%- endmacro %}

{# A backslash begins an escape here. #}
{% macro spark__quoted(text) -%} '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}' {%- endmacro %}

{# Spark has no look at a folder; it is started on a data dir whose raw store is prepared. #}
{% macro spark__files_exist(pattern) -%} {{ return(true) }} {%- endmacro %}

{% macro spark__raw_files(pattern) -%}
    select * from {{ spark_table_of_files(place_of(pattern | replace("/*.parquet", ""))) }}
{%- endmacro %}

{% macro spark__raw_batches(folder) -%}
    select *, regexp_extract(_metadata.file_path, '([0-9]{8})(/[^/]*)?([.]parquet)?$', 1) as last_batch
    from {{ spark_table_of_files(place_of(folder), in_folders=true) }}
{%- endmacro %}

{# A table over files. Spark would look into files that are named by their path for their columns wherever a view of them
   stands. #}
{% macro spark_table_of_files(place, in_folders=false) -%}
    {%- set table = "raw.files_" ~ local_md5(place) -%}
    {%- do run_query(
        "create table if not exists " ~ table ~ " using parquet options (pathGlobFilter '*.parquet', recursiveFileLookup '"
        ~ in_folders | lower ~ "') location " ~ quoted(place)
    ) -%}
    {{ return(table) }}
{%- endmacro %}

{# json #}

{# A variant knows a string from other values and writes a fraction out; but it takes the 0 from 1.0, and sorts the members
   of an object. The text has these, and a whole number's digits. #}
{% macro spark_json_value(variant, text) -%}
    case
        when schema_of_variant({{ variant }}) = 'STRING' then to_json({{ variant }})
        when {{ text }} rlike '^-?[0-9]+[.]'
            then case when contains(to_json({{ variant }}), '.') then to_json({{ variant }}) else to_json({{ variant }}) || '.0' end
        else {{ text }}
    end
{%- endmacro %}

{# The columns of a struct's schema, as `from_json` reads it. #}
{% macro spark_json_schema(names, type) -%}
    {%- for name in names %}`{{ name | replace("`", "``") }}` {{ type }}{{ ", " if not loop.last }}{% endfor -%}
{%- endmacro %}

{# The values of fields of the structs v (variants) and s (texts), as a list: by one expression for all, as it would be planned
   again for each field that it is written out for. #}
{% macro spark_json_values(names) -%}
    {%- set columns = [] -%}
    {%- for name in names %}{% do columns.append("`" ~ name | replace("`", "``") ~ "`") %}{% endfor -%}
    zip_with(array(v.{{ columns | join(", v.") }}), array(s.{{ columns | join(", s.") }}), (one, given) -> {{ spark_json_value("one", "given") }})
{%- endmacro %}

{% macro spark_json_struct(names) -%}
    named_struct({% for name in names %}{{ quoted(name) }}, read[{{ loop.index0 }}]{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__json_fields(document, names) -%}
    {%- set names = names | list -%}
    zip_with(
        array(from_json({{ document }}, {{ quoted(spark_json_schema(names, "variant")) }})),
        array(from_json({{ document }}, {{ quoted(spark_json_schema(names, "string")) }})),
        (v, s) -> case when startswith({{ document }}, '{') then {{ with_value("read", spark_json_values(names), spark_json_struct(names)) }} end
    )[0]
{%- endmacro %}

{% macro spark__json_elements(value) -%}
    case
        when startswith({{ value }}, '[') then zip_with(
            from_json({{ value }}, 'array<variant>'), from_json({{ value }}, 'array<string>'), (v, s) -> {{ spark_json_value("v", "s") }}
        )
    end
{%- endmacro %}

{% macro spark__is_list_of_plain_texts(value) -%}
    ({{ value }} rlike '^\\["[!#-Z^-~][^"\\\\]*+"(?:,"[!#-Z^-~][^"\\\\]*+")*+\\]\\z')
{%- endmacro %}

{% macro spark__json_texts(value) -%} from_json({{ value }}, 'array<string>') {%- endmacro %}

{% macro spark__json_object_elements(value, names) -%}
    case
        when startswith({{ value }}, '[') then transform(
            from_json({{ value }}, 'array<string>'), object -> case when startswith(object, '{') then {{ spark__json_fields("object", names) }} end
        )
    end
{%- endmacro %}

{% macro spark__json_text(value) -%} case when startswith({{ value }}, '"') then {{ json_string(value) }} end {%- endmacro %}

{% macro spark__json_string(value) -%} get_json_object({{ value }}, '$') {%- endmacro %}

{% macro spark__is_plainly_filled(value) -%}
    ({{ value }} >= '"#' and {{ value }} < ('"' || chr(127)) and not startswith({{ value }}, '"' || chr(92)))
{%- endmacro %}

{% macro spark__is_json_list(value) -%} startswith({{ value }}, '[') {%- endmacro %}

{% macro spark__is_json_object(value) -%} startswith({{ value }}, '{') {%- endmacro %}

{% macro spark__is_json_integer(value) -%} ({{ value }} rlike '^-?[0-9]+\\z') {%- endmacro %}

{% macro spark__is_json_number(value) -%} ({{ value }} rlike '^-?[0-9]') {%- endmacro %}

{% macro spark__json_members(document, names) -%}
    {%- set names = names | list -%}
    {%- set distinct_names = names | unique | list -%}
    zip_with(
        array(from_json({{ document }}, {{ quoted(spark_json_schema(distinct_names, "variant")) }})),
        array(from_json({{ document }}, {{ quoted(spark_json_schema(distinct_names, "string")) }})),
        (v, s) -> {{ spark_json_values(names) }}
    )[0]
{%- endmacro %}

{# Whether a text is one JSON value and nothing else. The parser is strict, but stops at a value's end: the text is made a
   member of an object, and another member of a name that it cannot foresee must be found after it. #}
{% macro spark_is_json(text) -%}
    coalesce(
        variant_get(
            try_parse_json('{"value":' || {{ text }} || ',"' || md5({{ text }}) || '":1}'), '$.' || md5({{ text }}), 'int'
        ) = 1,
        false
    )
{%- endmacro %}

{% macro spark__json_list_in(text) -%} case when startswith({{ text }}, '[') and {{ spark_is_json(text) }} then {{ text }} end {%- endmacro %}

{% macro spark__json_list_of(texts) -%} to_json({{ texts }}) {%- endmacro %}

{# Spark writes a character beyond U+FFFF as two escapes: the text is read as a JSON string, in which only these are any. #}
{% macro spark__shown_json(value) -%}
    {%- set other_escape = quoted("\\\\(?:\\\\|(?!u[dD][89a-fA-F]))") -%}
    {%- set escaped = "replace(regexp_replace(" ~ value ~ ", " ~ other_escape ~ ", '$0$0'), '\"', " ~ quoted("\\\"") ~ ")" -%}
    regexp_replace({{ json_string("'\"' || " ~ escaped ~ " || '\"'") }}, {{ spark_pattern(fractions_of_an_engine()) }}, '$1…')
{%- endmacro %}

{% macro spark__holds_several_objects(text) -%}
    {{ with_value(
        "object",
        "nullif(regexp_extract(" ~ text ~ ", '^\\\\s*([{](?s:.)*?[}])\\\\s*[{]', 1), '')",
        "object is not null and " ~ spark_is_json("object"),
    ) }}
{%- endmacro %}

{% macro spark__json_object_of(columns, seconds=[]) -%}
    trim(trailing '}' from to_json(named_struct({% for column in columns %}'{{ column }}', {{ column }}{{ ", " if not loop.last }}{% endfor %}), map('ignoreNullFields', 'false')))
    {%- for column in seconds %}
    || ',"{{ column }}":' || coalesce(regexp_replace(cast(cast({{ column }} as decimal(38, 6)) as string), '([.][0-9]+?)0+$', '$1'), 'null')
    {%- endfor %}
    || '}'
{%- endmacro %}

{% macro spark__json_says_nothing(value) -%}
    ({{ value }} rlike '^(?:[\\[\\],]|null|"(?:[{{ white_space()[1:-1] }}]|\\\\[tnrf]|\\\\u00(?:0B|1C|1D|1E|1F))*+")++\\z')
{%- endmacro %}

{# lists #}

{% macro spark__list_map(list, element, expression) -%} transform({{ list }}, {{ element }} -> {{ expression }}) {%- endmacro %}

{% macro spark__list_pairs(left, right) -%}
    zip_with({{ left }}, {{ right }}, (l, r) -> named_struct('l', l, 'r', r))
{%- endmacro %}

{% macro spark__left_of(pair) -%} {{ pair }}.l {%- endmacro %}

{% macro spark__right_of(pair) -%} {{ pair }}.r {%- endmacro %}

{% macro spark__list_where(list, element, condition) -%} filter({{ list }}, {{ element }} -> {{ condition }}) {%- endmacro %}

{% macro spark__list_none(list, element, condition) -%} (array_size({{ list_where(list, element, condition) }}) = 0) {%- endmacro %}

{% macro spark__list_without_repeats(list) -%} array_distinct({{ list }}) {%- endmacro %}

{% macro spark__list_is_distinct(list) -%} (array_size(array_distinct({{ list }})) = array_size({{ list }})) {%- endmacro %}

{% macro spark__list_size(list) -%} cast(array_size({{ list }}) as bigint) {%- endmacro %}

{% macro spark__sorted_distinct(list) -%} array_sort(array_distinct({{ list }})) {%- endmacro %}

{% macro spark__sorted_list(list) -%} array_sort({{ list }}) {%- endmacro %}

{% macro spark__list_has(list, element) -%} array_contains({{ list }}, {{ element }}) {%- endmacro %}

{% macro spark__empty_text_list() -%} cast(array() as array<string>) {%- endmacro %}

{% macro spark__unnested(list, alias) -%}
    (select col as element, cast(pos + 1 as bigint) as position from posexplode({{ list }})) as {{ alias }}
{%- endmacro %}

{% macro spark__list_agg(value) -%} collect_list({{ value }}) {%- endmacro %}

{% macro spark__empty_item_list() -%}
    cast(array() as array<struct<product_id: string, sku: string, quantity: {{ quantity_type() }}, price: decimal(18, 2)>>)
{%- endmacro %}

{% macro spark__text_list_of(words) -%} array({% for word in words %}{{ quoted(word) }}{{ ", " if not loop.last }}{% endfor %}) {%- endmacro %}

{% macro spark__with_value(name, value, expression) -%} transform(array({{ value }}), {{ name }} -> {{ expression }})[0] {%- endmacro %}

{% macro spark__list_of(expressions) -%} array({{ expressions | join(", ") }}) {%- endmacro %}

{% macro spark__where_bit_is_set(list, number) -%}
    filter({{ list }}, (one, place) -> (shiftright(cast({{ number }} as bigint), place) & 1) = 1)
{%- endmacro %}

{% macro spark__element_of(list, place) -%} get({{ list }}, {{ place }} - 1) {%- endmacro %}

{% macro spark__joined_list(list, separator) -%} array_join({{ list }}, '{{ separator }}') {%- endmacro %}

{% macro spark__struct_of(fields) -%}
    named_struct({% for name, value in fields.items() %}'{{ name }}', {{ value }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}

{# rows #}

{% macro spark__value_at_greatest(value, order) -%} max_by({{ value }}, case when {{ value }} is not null then {{ order }} end) {%- endmacro %}

{% macro spark__value_at_least(value, order) -%} min_by({{ value }}, case when {{ value }} is not null then {{ order }} end) {%- endmacro %}

{% macro spark__first_known(value) -%} any_value({{ value }}, true) {%- endmacro %}

{% macro spark__any_true(condition) -%} coalesce(bool_or({{ condition }}), false) {%- endmacro %}

{% macro spark__record_of(columns) -%}
    named_struct({% for column in columns %}'f{{ loop.index }}', {{ column }}{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__field_of(record, number) -%} {{ record }}.f{{ number }} {%- endmacro %}

{% macro spark__differs(left, right) -%} ({{ left }} is distinct from {{ right }}) {%- endmacro %}

{% macro spark__anti_join() -%} left anti join {%- endmacro %}

{% macro spark__semi_join() -%} left semi join {%- endmacro %}

{# Both sides in one relation, sorted by key and instant: a row's like is the last of the other side that came before it. #}
{% macro spark__asof_joined(left, right, keys, at, later, all_rows) -%}
    (
        select left_row as {{ left[1] }}, right_row as {{ right[1] }}
        from (
            select
                left_row,
                case when instant is not null then last(right_row, true) over (
                    partition by {% for _ in keys %}key_{{ loop.index }}, {% endfor %}1
                    order by instant {{ "desc" if later else "asc" }} nulls first, (left_row is null) desc
                    rows between unbounded preceding and current row
                ) end as right_row
            from (
                select
                    struct(*) as left_row, null as right_row, {{ at[0] }} as instant
                    {%- for key in keys %}, {{ key }} as key_{{ loop.index }}{% endfor %}
                from {{ left[0] }}
                union all
                select
                    null as left_row, struct(*) as right_row, {{ at[1] }} as instant
                    {%- for key in keys.values() %}, {{ key }} as key_{{ loop.index }}{% endfor %}
                from {{ right[0] }}
                where {{ at[1] }} is not null{% for key in keys.values() %} and {{ key }} is not null{% endfor %}
            ) as both_sides
        ) as found
        where left_row is not null{{ " and right_row is not null" if not all_rows }}
    ) as found_by_instant
{%- endmacro %}

{% macro spark__adds_to_tables() -%} {{ return(not flags.FULL_REFRESH) }} {%- endmacro %}

{% macro spark__file_position() -%} _metadata.file_name, _metadata.row_index {%- endmacro %}

{% macro spark__content_of(columns) -%} md5(to_json(struct({{ columns | join(", ") }}), map('ignoreNullFields', 'false'))) {%- endmacro %}

{% macro spark__hash_of(columns) -%} xxhash64({{ columns | join(", ") }}) {%- endmacro %}

{% macro spark__sum_of_hashes(columns, times="1") -%} sum(cast({{ hash_of(columns) }} as decimal(20, 0)) * {{ times }}) {%- endmacro %}

{% macro spark__materialized() -%} {%- endmacro %}

{% macro spark__not_materialized() -%} {%- endmacro %}

{# tables #}

{% macro spark__drop_leftovers() -%} {%- endmacro %}

{% macro spark__run_statements(statements) -%}
    {%- for statement in statements %}{% do run_query(statement) %}{% endfor -%}
{%- endmacro %}

{% macro spark__as_history() -%} {{ return("table") }} {%- endmacro %}

{% macro spark__as_table() -%} {{ return("table") }} {%- endmacro %}

{# A view would be computed again for each of its readers, and the warehouse shows what has files. #}
{% macro spark__as_view() -%} {{ return("table") }} {%- endmacro %}

{# A table that is made again is dropped first: what it had is read from the copy that the raw store keeps, which no build
   touches. #}
{% macro spark__kept_history(table) -%} {{ return(previous_relation("raw", table)) }} {%- endmacro %}

{# A unit test that is not given its own table has none. #}
{% macro spark__other_history() -%} {{ return(kept_history(this.identifier) if this) }} {%- endmacro %}

{# A join with `using` would put the key's columns first. #}
{% macro spark__unchanged_history(before, changed, key) -%}
    {%- if before -%}
    union all
    select before.* from {{ before }} as before
    left anti join {{ changed }} on {% for column in key %}{{ changed }}.{{ column }} = before.{{ column }}{{ " and " if not loop.last }}{% endfor %}
    {%- endif -%}
{%- endmacro %}

{% macro spark__temporary_rows(name, statement) -%}
    {%- if not execute %}{{ return(none) }}{% endif -%}
    {%- do spark_cached(name, statement) -%}
    {{ return(name if run_query("select 1 from " ~ name ~ " limit 1").rows | length > 0 else none) }}
{%- endmacro %}

{# text #}

{% macro spark__white_space() -%} {{ duckdb__white_space() }} {%- endmacro %}

{% macro spark__stripped(text, characters) -%} btrim({{ text }}, {{ characters }}) {%- endmacro %}

{# Spark's own functions look at the characters next to one, and may give several for one: each is asked alone. #}
{% macro spark__lowered(text) -%}
    case
        when {{ is_ascii(text) }} then lower({{ text }})
        else array_join(transform(split({{ text }}, ''), one -> case when {{ spark_is_new_letter("one") }} then one when char_length(lower(one)) = 1 then lower(one) else 'i' end), '')
    end
{%- endmacro %}

{# Of the letters that are several when raised, these have one capital nonetheless. #}
{% macro spark__uppered(text) -%}
    case
        when {{ is_ascii(text) }} then upper({{ text }})
        else array_join(transform(split({{ text }}, ''), one -> case
            when {{ spark_is_new_letter("one") }} then one
            when char_length(upper(one)) = 1 then upper(one)
            else translate(one, 'ßᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ẞᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')
        end), '')
    end
{%- endmacro %}

{# Condition: a letter that Spark's Unicode (17) has in two cases, and that of DuckDB and of Python 3.11 (14) has not. #}
{% macro spark_is_new_letter(character) -%}
    ({{ character }} rlike '[\\x{19B}\\x{264}\\x{1C89}\\x{1C8A}\\x{A7CB}-\\x{A7CF}\\x{A7D2}-\\x{A7D5}\\x{A7DA}-\\x{A7DD}\\x{10D50}-\\x{10D85}\\x{16EA0}-\\x{16ED3}]')
{%- endmacro %}

{% macro spark__is_blank(text) -%}
    case when {{ text }} >= '!' and {{ text }} < chr(127) then false else {{ trimmed(text) }} = '' end
{%- endmacro %}

{% macro spark__word_form(text) -%}
    case
        when {{ text }} rlike '^[a-z_]+\\z' then {{ text }}
        else translate({{ with_value("word", trimmed(nfc(text)), lowered("word")) }}, ' -', '__')
    end
{%- endmacro %}

{# Spark's own copy of ICU, through the JVM: no function of SQL composes. It may not be given a null. #}
{% macro spark__nfc(text) -%}
    case
        when {{ is_ascii(text) }} then {{ text }}
        when {{ text }} is not null then java_method('com.ibm.icu.text.Normalizer', 'compose', coalesce({{ text }}, ''), false)
    end
{%- endmacro %}

{% macro spark__is_ascii(text) -%} ({{ text }} rlike '^[\\x00-\\x7f]*+\\z') {%- endmacro %}

{% macro spark__is_plain_address(text) -%} ({{ text }} rlike '^[!-~]+\\z') {%- endmacro %}

{% macro spark__has_character_of(text, letters) -%} ({{ text }} rlike '[{{ letters }}]') {%- endmacro %}

{% macro spark__code_points(text) -%} cast(char_length({{ text }}) as bigint) {%- endmacro %}

{% macro spark__begins_with(text, part) -%} startswith({{ text }}, {{ part }}) {%- endmacro %}

{% macro spark__text_contains(text, part) -%} contains({{ text }}, {{ part }}) {%- endmacro %}

{# A pattern as a literal. In the dispatched form, an apostrophe is doubled, as in a literal; `$` is the very end, which is
   `\z` here. #}
{% macro spark_pattern(pattern, whole=false) -%}
    {%- set plain = pattern | replace("''", "'") -%}
    {%- set plain = plain[:-1] ~ "\\z" if plain.endswith("$") and not plain.endswith("\\$") else plain -%}
    {{ quoted("^(?:" ~ plain ~ ")\\z" if whole else plain) }}
{%- endmacro %}

{% macro spark__without_match(text, pattern) -%} regexp_replace({{ text }}, {{ spark_pattern(pattern) }}, '') {%- endmacro %}

{% macro spark__matches_whole(text, pattern) -%} ({{ text }} rlike {{ spark_pattern(pattern, whole=true) }}) {%- endmacro %}

{% macro spark__text_parts(text, pattern, names) -%}
    named_struct(
        {%- for name in names -%}
            '{{ name }}', regexp_extract({{ text }}, {{ spark_pattern(pattern) }}, {{ loop.index }}){{ ", " if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}

{% macro spark__part_of_text(text, pattern) -%} nullif(regexp_extract({{ text }}, {{ spark_pattern(pattern) }}, 1), '') {%- endmacro %}

{% macro spark__before_point(text) -%} substring_index({{ text }}, '.', 1) {%- endmacro %}

{% macro spark__cut_fraction(number, digits) -%} regexp_extract({{ number }}, '^-?[0-9]*(?:[.][0-9]{0,{{ digits }}})?', 0) {%- endmacro %}

{% macro spark__split_at_commas(text) -%} split({{ text }}, ',', -1) {%- endmacro %}

{% macro spark__shortened(text, length) -%}
    case when char_length({{ text }}) > {{ length }} then substring({{ text }}, 1, {{ length }}) || '…' else {{ text }} end
{%- endmacro %}

{% macro spark__joined_texts(texts, separator) -%} concat_ws('{{ separator }}', {{ texts | join(", ") }}) {%- endmacro %}

{% macro spark__edit_distance(left, right) -%} levenshtein({{ left }}, {{ right }}) {%- endmacro %}

{% macro spark__digits_of(text) -%} regexp_replace({{ text }}, '[^0-9]', '') {%- endmacro %}

{% macro spark__sha256_hex(text) -%} sha2({{ text }}, 256) {%- endmacro %}

{% macro spark__md5_hex(text) -%} md5({{ text }}) {%- endmacro %}

{% macro spark__first_hex_number(hex) -%} cast(conv(substring({{ hex }}, 1, 8), 16, 10) as bigint) {%- endmacro %}

{% macro spark__passing_hash(columns) -%} xxhash64({{ columns | join(", ") }}) {%- endmacro %}

{# time #}

{# Java knows no offset beyond 18 hours: it is taken off by hand. #}
{% macro spark__text_to_instant(text) -%}
    {{ with_value("instant", text, "case
        when endswith(instant, 'Z') then " ~ spark_utc("left(instant, char_length(instant) - 1)") ~ "
        else " ~ spark_utc("left(instant, char_length(instant) - 6)") ~ " - make_dt_interval(0, 0, 0,
            cast(left(right(instant, 6), 1) || '1' as int)
            * (cast(substring(right(instant, 5), 1, 2) as int) * 3600 + cast(right(instant, 2) as int) * 60))
    end") }}
{%- endmacro %}

{# A time in UTC as an instant. Spark takes none without seconds, which a seed may leave out. #}
{% macro spark_utc(text) -%}
    coalesce(try_cast({{ text }} || 'Z' as timestamp), try_cast({{ text }} || ':00Z' as timestamp))
{%- endmacro %}

{% macro spark__text_to_local_time(text) -%} try_cast({{ text }} as timestamp_ntz) {%- endmacro %}

{% macro spark__micros_to_instant_before_2100(micros) -%}
    {{ with_value("micros", micros, "case when micros between 0 and 4102444799999999 then timestamp_micros(micros) end") }}
{%- endmacro %}

{% macro spark__whole_micros(number, per_micros) -%} (({{ number }} * 1000000) div {{ per_micros }}) {%- endmacro %}

{% macro spark__local_to_instant(local, zone) -%} cast(convert_timezone({{ zone }}, 'UTC', {{ local }}) as timestamp) {%- endmacro %}

{% macro spark__local_date(instant, zone) -%} cast(from_utc_timestamp({{ instant }}, {{ zone }}) as date) {%- endmacro %}

{% macro spark__local_hour(instant, zone) -%} hour(from_utc_timestamp({{ instant }}, {{ zone }})) {%- endmacro %}

{% macro spark__weekday(date) -%} (weekday({{ date }}) + 1) {%- endmacro %}

{% macro spark__next_instant(instant) -%} ({{ instant }} + make_dt_interval(0, 0, 0, 0.000001)) {%- endmacro %}

{% macro spark__plus_hours(instant, hours) -%} ({{ instant }} + make_dt_interval(0, cast({{ hours }} as int))) {%- endmacro %}

{% macro spark__minus_hours(instant, hours) -%} ({{ instant }} - make_dt_interval(0, cast({{ hours }} as int))) {%- endmacro %}

{% macro spark__plus_days(instant, days) -%} ({{ instant }} + make_dt_interval(cast({{ days }} as int))) {%- endmacro %}

{% macro spark__minus_days(instant, days) -%} ({{ instant }} - make_dt_interval(cast({{ days }} as int))) {%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    (cast(unix_micros({{ later }}) - unix_micros({{ earlier }}) as double) / 1000000.0D)
{%- endmacro %}

{% macro spark__whole_second(instant) -%} date_trunc('second', {{ instant }}) {%- endmacro %}

{% macro spark__null_instant() -%} cast(null as timestamp) {%- endmacro %}

{% macro spark__instant_literal(text) -%} timestamp '{{ text | replace("+00", "Z") }}' {%- endmacro %}

{% macro spark__known_time_zones() -%}
    select name from (values {% for zone in modules.pytz.all_timezones %}('{{ zone }}'){{ ", " if not loop.last }}{% endfor %}) as zones(name)
{%- endmacro %}

{% macro spark__days_between(first, last) -%} explode(sequence({{ first }}, {{ last }}, interval 1 day)) {%- endmacro %}

{% macro spark__add_days(date, days) -%} date_add({{ date }}, {{ days }}) {%- endmacro %}

{% macro spark__utc_date(instant) -%} {{ local_date(instant, "'UTC'") }} {%- endmacro %}

{% macro spark__utc_text(instant) -%} cast({{ instant }} as string) {%- endmacro %}
