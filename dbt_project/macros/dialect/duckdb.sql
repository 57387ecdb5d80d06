{# How DuckDB says what the dialect's macros stand for. What each means is written at its dispatcher, in the other files. #}

{# chains #}

{% macro duckdb__doubled_pointers(edges) -%}
    with recursive
        edges as materialized ({{ edges }}),

        hops (source, profile_id, target, smallest, steps) using key (source, profile_id) as (
            select source, profile_id, target, least(profile_id, target), cast(1 as bigint)
            from edges
            union
            select near.source, near.profile_id, far.target, least(near.smallest, far.smallest), near.steps * 2
            from hops as near
            inner join recurring.hops as far on near.source = far.source and near.target = far.profile_id
            where near.steps < (select count(*) from edges)
        )

    select source, profile_id, target, smallest from hops
{%- endmacro %}

{# files #}

{% macro duckdb__data_dir() -%} {{ target.path.rpartition("/")[0] }} {%- endmacro %}

{% macro duckdb__quoted(text) -%} '{{ text | replace("'", "''") }}' {%- endmacro %}

{% macro duckdb__files_exist(pattern) -%}
    {{ return(run_query("select file from glob(" ~ quoted(place_of(pattern)) ~ ")").rows | length > 0) }}
{%- endmacro %}

{% macro duckdb__raw_files(pattern) -%}
    select * from read_parquet({{ quoted(place_of(pattern)) }}, hive_partitioning = false)
{%- endmacro %}

{% macro duckdb__raw_batches(folder) -%}
    {%- set files = [] -%}
    {%- set last_batch = "regexp_extract(file, '([0-9]{8})(/[^/]*)?([.]parquet)?$', 1)" -%}
    {%- set glob = "glob(" ~ quoted(place_of(folder ~ "/**/*.parquet")) ~ ")" -%}
    {%- for row in run_query("select file from " ~ glob ~ " order by " ~ last_batch ~ " desc, file desc").rows -%}
        {%- do files.append(quoted(row[0])) -%}
    {%- endfor -%}
    select * exclude (filename), regexp_extract(filename, '([0-9]{8})(/[^/]*)?(\.parquet)?$', 1) as last_batch
    from read_parquet([{{ files | join(", ") }}], hive_partitioning = false, filename = true)
{%- endmacro %}

{# json #}

{% macro duckdb__json_fields(document, names) -%}
    {%- set names = names | list -%}
    cast(
        from_json({{ document }}, '{ {%- for name in names %}"{{ name }}": "JSON"{{ ", " if not loop.last }}{% endfor -%} }')
        as struct({% for name in names %}{{ adapter.quote(name) }} varchar{{ ", " if not loop.last }}{% endfor %})
    )
{%- endmacro %}

{% macro duckdb__json_elements(value) -%}
    cast(from_json({{ value }}, '["JSON"]') as varchar[])
{%- endmacro %}

{% macro duckdb__is_list_of_plain_texts(value) -%}
    regexp_full_match({{ value }}, '\["[!#-Z^-~][^"\\]*"(?:,"[!#-Z^-~][^"\\]*")*\]')
{%- endmacro %}

{% macro duckdb__json_texts(value) -%} from_json({{ value }}, '["VARCHAR"]') {%- endmacro %}

{% macro duckdb__json_object_elements(value, names) -%}
    cast(
        from_json({{ value }}, '[{ {%- for name in names %}"{{ name }}": "JSON"{{ ", " if not loop.last }}{% endfor -%} }]')
        as struct({% for name in names %}{{ adapter.quote(name) }} varchar{{ ", " if not loop.last }}{% endfor %})[]
    )
{%- endmacro %}

{% macro duckdb__json_text(value) -%}
    case when starts_with({{ value }}, '"') then {{ json_string(value) }} end
{%- endmacro %}

{% macro duckdb__json_string(value) -%} json_extract_string({{ value }}, '$') {%- endmacro %}

{% macro duckdb__is_plainly_filled(value) -%}
    ({{ value }} >= '"#' and {{ value }} < ('"' || chr(127)) and not starts_with({{ value }}, '"' || chr(92)))
{%- endmacro %}

{% macro duckdb__is_json_list(value) -%} starts_with({{ value }}, '[') {%- endmacro %}

{% macro duckdb__is_json_object(value) -%} starts_with({{ value }}, '{') {%- endmacro %}

{% macro duckdb__is_json_integer(value) -%} regexp_full_match({{ value }}, '-?[0-9]+') {%- endmacro %}

{% macro duckdb__is_json_number(value) -%} regexp_full_match({{ value }}, '-?[0-9].*') {%- endmacro %}

{% macro duckdb__json_members(document, names) -%}
    cast(json_extract({{ document }}, [
        {%- for name in names %}{{ quoted("/" ~ name | replace("~", "~0") | replace("/", "~1")) }}{{ ", " if not loop.last }}{% endfor -%}
    ]) as varchar[])
{%- endmacro %}

{% macro duckdb__json_list_in(text) -%}
    case
        when starts_with({{ text }}, '[') and json_valid({{ text }})
            and not regexp_matches(regexp_replace({{ text }}, '"(?:[^"\\]|\\.)*"', '""', 'g'), ',\s*[]}]|(?i)nan|inf')
            then cast(json({{ text }}) as varchar)
    end
{%- endmacro %}

{% macro duckdb__json_list_of(texts) -%} cast(to_json({{ texts }}) as varchar) {%- endmacro %}

{% macro duckdb__shown_json(value) -%} regexp_replace({{ value }}, '{{ fractions_of_an_engine() }}', '\1…', 'g') {%- endmacro %}

{% macro duckdb__holds_several_objects(text) -%}
    coalesce(json_valid(regexp_extract({{ text }}, '^\s*([{](?s:.)*?[}])\s*[{]', 1)), false)
{%- endmacro %}

{% macro duckdb__json_object_of(columns, seconds=[]) -%}
    cast(json_object({% for column in columns + seconds %}'{{ column }}', {{ column }}{{ ", " if not loop.last }}{% endfor %}) as varchar)
{%- endmacro %}

{% macro duckdb__json_says_nothing(value) -%}
    regexp_full_match(
        {{ value }},
        '(?:[\[\],]|null|"(?:[{{ white_space()[1:-1] }}]|\\[tnrf]|\\u00(?:0B|1C|1D|1E|1F))*")+'
    )
{%- endmacro %}

{# lists #}

{% macro duckdb__list_map(list, element, expression) -%} list_transform({{ list }}, lambda {{ element }}: {{ expression }}) {%- endmacro %}

{% macro duckdb__list_pairs(left, right) -%} list_zip({{ left }}, {{ right }}) {%- endmacro %}

{% macro duckdb__left_of(pair) -%} {{ pair }}[1] {%- endmacro %}

{% macro duckdb__right_of(pair) -%} ({{ pair }}[2]) {%- endmacro %}

{% macro duckdb__list_where(list, element, condition) -%} list_filter({{ list }}, lambda {{ element }}: {{ condition }}) {%- endmacro %}

{% macro duckdb__list_none(list, element, condition) -%} (len({{ list_where(list, element, condition) }}) = 0) {%- endmacro %}

{% macro duckdb__list_without_repeats(list) -%}
    {%- set first_ones -%}
        list_filter(
            list_zip(sorted, list_prepend(null, sorted)),
            lambda two: two[1] is not null and two[1][1] is distinct from two[2][1]
        )
    {%- endset -%}
    {%- set by_place = "list_sort(list_transform(" ~ first_ones ~ ", lambda two: row(two[1][2], two[1][1])))" -%}
    case
        when len({{ list }}) > 64
            then {{ with_value("sorted", "list_sort(list_zip(" ~ list ~ ", range(len(" ~ list ~ "))))", "list_transform(" ~ by_place ~ ", lambda one: one[2])") }}
        else list_filter({{ list }}, lambda kept, place: list_position({{ list }}, kept) = place)
    end
{%- endmacro %}

{% macro duckdb__list_is_distinct(list) -%} (list_unique({{ list }}) = len({{ list }})) {%- endmacro %}

{% macro duckdb__list_size(list) -%} len({{ list }}) {%- endmacro %}

{% macro duckdb__sorted_distinct(list) -%} list_sort(list_distinct({{ list }})) {%- endmacro %}

{% macro duckdb__sorted_list(list) -%} list_sort({{ list }}) {%- endmacro %}

{% macro duckdb__list_has(list, element) -%} list_contains({{ list }}, {{ element }}) {%- endmacro %}

{% macro duckdb__empty_text_list() -%} cast([] as varchar[]) {%- endmacro %}

{% macro duckdb__unnested(list, alias) -%}
    (select unnest({{ list }}) as element, generate_subscripts({{ list }}, 1) as position) as {{ alias }}
{%- endmacro %}

{% macro duckdb__list_agg(value) -%} list({{ value }}) {%- endmacro %}

{% macro duckdb__empty_item_list() -%}
    cast([] as struct(product_id varchar, sku varchar, quantity {{ quantity_type() }}, price decimal(18, 2))[])
{%- endmacro %}

{% macro duckdb__text_list_of(words) -%} ['{{ words | map("replace", "'", "''") | join("', '") }}'] {%- endmacro %}

{% macro duckdb__with_value(name, value, expression) -%} list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1] {%- endmacro %}

{% macro duckdb__list_of(expressions) -%} [{{ expressions | join(", ") }}] {%- endmacro %}

{% macro duckdb__where_bit_is_set(list, number) -%}
    list_filter({{ list }}, lambda one, place: ({{ number }} >> (place - 1)) & 1 = 1)
{%- endmacro %}

{% macro duckdb__element_of(list, place) -%} {{ list }}[{{ place }}] {%- endmacro %}

{% macro duckdb__joined_list(list, separator) -%} array_to_string({{ list }}, '{{ separator }}') {%- endmacro %}

{% macro duckdb__struct_of(fields) -%}
    { {%- for name, value in fields.items() %}'{{ name }}': {{ value }}{{ ", " if not loop.last }}{% endfor -%} }
{%- endmacro %}

{# rows #}

{% macro duckdb__value_at_greatest(value, order) -%} arg_max({{ value }}, {{ order }}) {%- endmacro %}

{% macro duckdb__value_at_least(value, order) -%} arg_min({{ value }}, {{ order }}) {%- endmacro %}

{% macro duckdb__first_known(value) -%} any_value({{ value }}) {%- endmacro %}

{% macro duckdb__any_true(condition) -%} coalesce(bool_or({{ condition }}), false) {%- endmacro %}

{% macro duckdb__record_of(columns) -%} row({{ columns | join(", ") }}) {%- endmacro %}

{% macro duckdb__field_of(record, number) -%} {{ record }}[{{ number }}] {%- endmacro %}

{% macro duckdb__differs(left, right) -%} ({{ left }} is distinct from {{ right }}) {%- endmacro %}

{% macro duckdb__anti_join() -%} anti join {%- endmacro %}

{% macro duckdb__semi_join() -%} semi join {%- endmacro %}

{% macro duckdb__asof_joined(left, right, keys, at, later, all_rows) -%}
    {{ named_relation(left) }} asof {{ "left join" if all_rows else "join" }} {{ named_relation(right) }}
    on {{ same_keys(left[1], right[1], keys) }} and {{ left[1] }}.{{ at[0] }} {{ "<=" if later else ">=" }} {{ right[1] }}.{{ at[1] }}
{%- endmacro %}

{% macro named_relation(relation) -%}
    {{ relation[0] }}{{ " as " ~ relation[1] if relation[0] != relation[1] }}
{%- endmacro %}

{% macro duckdb__adds_to_tables() -%} {{ return(not flags.FULL_REFRESH) }} {%- endmacro %}

{% macro duckdb__file_position() -%} rowid {%- endmacro %}

{% macro duckdb__content_of(columns) -%} md5(cast(to_json(row({{ columns | join(", ") }})) as varchar)) {%- endmacro %}

{% macro duckdb__hash_of(columns) -%} hash({{ columns | join(", ") }}) {%- endmacro %}

{% macro duckdb__sum_of_hashes(columns, times="1") -%} sum(cast({{ hash_of(columns) }} as hugeint) * {{ times }}) {%- endmacro %}

{% macro duckdb__materialized() -%} materialized {%- endmacro %}

{% macro duckdb__not_materialized() -%} not materialized {%- endmacro %}

{# tables #}

{% macro duckdb__drop_leftovers() -%}
    {%- set leftovers -%}
        select table_schema, table_name, case table_type when 'VIEW' then 'view' else 'table' end
        from information_schema.tables
        where table_catalog = current_database() and regexp_matches(table_name, '__dbt_(backup|tmp[0-9]*)$')
    {%- endset -%}
    {%- if execute -%}
        {%- for schema, name, type in run_query(leftovers).rows -%}
            {%- set relation = api.Relation.create(database=target.database, schema=schema, identifier=name, type=type) -%}
            {%- do adapter.drop_relation(relation) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__run_statements(statements) -%} {%- do run_query(statements | join(";\n")) -%} {%- endmacro %}

{% macro duckdb__kept_history(table) -%} {{ return(previous_relation("segments", table)) }} {%- endmacro %}

{% macro duckdb__other_history() -%} {{ return(none) }} {%- endmacro %}

{% macro duckdb__unchanged_history(before, changed, key) -%} {%- endmacro %}

{% macro duckdb__as_history() -%} {{ return("incremental") }} {%- endmacro %}

{% macro duckdb__as_table() -%} {{ return("direct_table") }} {%- endmacro %}

{% macro duckdb__as_view() -%} {{ return("view") }} {%- endmacro %}

{% macro duckdb__temporary_rows(name, statement) -%}
    {%- if not execute %}{{ return(none) }}{% endif -%}
    {%- do run_query("create or replace temporary table " ~ name ~ " as " ~ statement) -%}
    {{ return(name if run_query("select 1 from " ~ name ~ " limit 1").rows | length > 0 else none) }}
{%- endmacro %}

{# text #}

{% macro duckdb__white_space() -%}
    '{{ "\t\n\u000b\u000c\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000" }}'
{%- endmacro %}

{% macro duckdb__stripped(text, characters) -%} trim({{ text }}, {{ characters }}) {%- endmacro %}

{% macro duckdb__lowered(text) -%} lower({{ text }}) {%- endmacro %}

{% macro duckdb__uppered(text) -%} upper({{ text }}) {%- endmacro %}

{% macro duckdb__is_blank(text) -%}
    case when {{ text }} >= '!' and {{ text }} < chr(127) then false else {{ trimmed(text) }} = '' end
{%- endmacro %}

{% macro duckdb__word_form(text) -%}
    case
        when regexp_full_match({{ text }}, '[a-z_]+') then {{ text }}
        else translate(lower({{ trimmed(nfc(text)) }}), ' -', '__')
    end
{%- endmacro %}

{% macro duckdb__nfc(text) -%}
    array_to_string(list_transform(string_split({{ text }}, chr(0)), lambda part: nfc_normalize(part)), chr(0))
{%- endmacro %}

{% macro duckdb__is_ascii(text) -%} regexp_full_match({{ text }}, '[\x00-\x7f]*', 's') {%- endmacro %}

{% macro duckdb__is_plain_address(text) -%} regexp_full_match({{ text }}, '[!-~]+') {%- endmacro %}

{% macro duckdb__has_character_of(text, letters) -%} regexp_matches({{ text }}, '[{{ letters }}]') {%- endmacro %}

{% macro duckdb__code_points(text) -%} length({{ text }}) {%- endmacro %}

{% macro duckdb__begins_with(text, part) -%} starts_with({{ text }}, {{ part }}) {%- endmacro %}

{% macro duckdb__text_contains(text, part) -%} contains({{ text }}, {{ part }}) {%- endmacro %}

{% macro duckdb__without_match(text, pattern) -%} regexp_replace({{ text }}, '{{ pattern }}', '') {%- endmacro %}

{% macro duckdb__matches_whole(text, pattern) -%} regexp_full_match({{ text }}, '{{ pattern }}') {%- endmacro %}

{% macro duckdb__text_parts(text, pattern, names) -%} regexp_extract({{ text }}, '{{ pattern }}', {{ text_list_of(names) }}) {%- endmacro %}

{% macro duckdb__part_of_text(text, pattern) -%} nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '') {%- endmacro %}

{% macro duckdb__before_point(text) -%} split_part({{ text }}, '.', 1) {%- endmacro %}

{% macro duckdb__cut_fraction(number, digits) -%} regexp_extract({{ number }}, '^-?[0-9]*(?:[.][0-9]{0,{{ digits }}})?') {%- endmacro %}

{% macro duckdb__split_at_commas(text) -%} string_split({{ text }}, ',') {%- endmacro %}

{% macro duckdb__shortened(text, length) -%}
    case when length({{ text }}) > {{ length }} then substring({{ text }}, 1, {{ length }}) || '…' else {{ text }} end
{%- endmacro %}

{% macro duckdb__joined_texts(texts, separator) -%} concat_ws('{{ separator }}', {{ texts | join(", ") }}) {%- endmacro %}

{% macro duckdb__edit_distance(left, right) -%} levenshtein({{ left }}, {{ right }}) {%- endmacro %}

{% macro duckdb__digits_of(text) -%} regexp_replace({{ text }}, '[^0-9]', '', 'g') {%- endmacro %}

{% macro duckdb__sha256_hex(text) -%} sha256({{ text }}) {%- endmacro %}

{% macro duckdb__md5_hex(text) -%} md5({{ text }}) {%- endmacro %}

{% macro duckdb__first_hex_number(hex) -%} cast('0x' || substring({{ hex }}, 1, 8) as bigint) {%- endmacro %}

{% macro duckdb__passing_hash(columns) -%} hash({{ columns | join(", ") }}) {%- endmacro %}

{# time #}

{% macro duckdb__text_to_instant(text) -%} try_cast({{ text }} as timestamptz) {%- endmacro %}

{% macro duckdb__text_to_local_time(text) -%} try_cast({{ text }} as timestamp) {%- endmacro %}

{% macro duckdb__micros_to_instant_before_2100(micros) -%}
    {{ with_value("micros", micros, "case when micros between 0 and 4102444799999999 then make_timestamptz(cast(micros as bigint)) end") }}
{%- endmacro %}

{% macro duckdb__whole_micros(number, per_micros) -%} (cast({{ number }} * 1000000 as hugeint) // {{ per_micros }}) {%- endmacro %}

{# How far a zone's clocks are ahead of UTC at a local time that is read as if it were UTC. #}
{% macro zone_offset_at(utc, zone) -%} (timezone({{ zone }}, timezone('UTC', {{ utc }})) - ({{ utc }})) {%- endmacro %}

{% macro duckdb__local_to_instant(local, zone) -%}
    {%- set offsets = struct_of({
        "before": zone_offset_at(local ~ " - interval 1 day", zone),
        "after": zone_offset_at(local ~ " + interval 1 day", zone),
    }) -%}
    {%- set instant -%}
        timezone('UTC', case
            when {{ zone_offset_at(local ~ " - offsets.before", zone) }} <> offsets.before
                and {{ zone_offset_at(local ~ " - offsets.after", zone) }} = offsets.after
                then {{ local }} - offsets.after
            else {{ local }} - offsets.before
        end)
    {%- endset -%}
    {{ with_value("offsets", offsets, instant) }}
{%- endmacro %}

{% macro duckdb__local_date(instant, zone) -%} cast(timezone({{ zone }}, {{ instant }}) as date) {%- endmacro %}

{% macro duckdb__local_hour(instant, zone) -%} cast(hour(timezone({{ zone }}, {{ instant }})) as integer) {%- endmacro %}

{% macro duckdb__weekday(date) -%} cast(isodow({{ date }}) as integer) {%- endmacro %}

{% macro duckdb__next_instant(instant) -%} ({{ instant }} + to_microseconds(1)) {%- endmacro %}

{% macro duckdb__plus_hours(instant, hours) -%} ({{ instant }} + to_hours({{ hours }})) {%- endmacro %}

{% macro duckdb__minus_hours(instant, hours) -%} ({{ instant }} - to_hours({{ hours }})) {%- endmacro %}

{% macro duckdb__plus_days(instant, days) -%} ({{ instant }} + to_hours(24 * ({{ days }}))) {%- endmacro %}

{% macro duckdb__minus_days(instant, days) -%} ({{ instant }} - to_hours(24 * ({{ days }}))) {%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%} ((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0::double) {%- endmacro %}

{% macro duckdb__whole_second(instant) -%} date_trunc('second', {{ instant }}) {%- endmacro %}

{% macro duckdb__null_instant() -%} cast(null as timestamptz) {%- endmacro %}

{% macro duckdb__instant_literal(text) -%} timestamptz '{{ text }}' {%- endmacro %}

{% macro duckdb__known_time_zones() -%} select name from pg_timezone_names() {%- endmacro %}

{% macro duckdb__days_between(first, last) -%}
    cast(unnest(range(cast({{ first }} as timestamp), cast({{ last }} as timestamp) + interval 1 day, interval 1 day)) as date)
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%} ({{ date }} + ({{ days }})) {%- endmacro %}

{% macro duckdb__utc_date(instant) -%} {{ local_date(instant, "'UTC'") }} {%- endmacro %}

{% macro duckdb__utc_text(instant) -%} cast({{ instant }} at time zone 'UTC' as varchar) {%- endmacro %}
