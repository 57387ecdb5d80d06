{# Typed lists, as DuckDB speaks them. `element` names the lambda's variable in `expression`. #}

{% macro list_map(list, element, expression) -%} list_transform({{ list }}, lambda {{ element }}: {{ expression }}) {%- endmacro %}

{# Two lists of one length, element by element: of each pair, `left_of` and `right_of`. An element of the second that is
   looked up by its place would cost a copy of the list for every element of the first. #}
{% macro list_pairs(left, right) -%} list_zip({{ left }}, {{ right }}) {%- endmacro %}
{% macro left_of(pair) -%} {{ pair }}[1] {%- endmacro %}
{% macro right_of(pair) -%} ({{ pair }}[2]) {%- endmacro %}

{% macro list_where(list, element, condition) -%} list_filter({{ list }}, lambda {{ element }}: {{ condition }}) {%- endmacro %}

{# Whether no element meets the condition; true for an empty list. #}
{% macro list_none(list, element, condition) -%} (len({{ list_where(list, element, condition) }}) = 0) {%- endmacro %}

{# The elements without repeats, each at its first place. A short list is searched for each of its elements; a long one
   is sorted by element and place, the first of each is taken, and those are sorted by place again. #}
{% macro list_without_repeats(list) -%}
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

{% macro list_is_distinct(list) -%} (list_unique({{ list }}) = len({{ list }})) {%- endmacro %}

{% macro list_size(list) -%} len({{ list }}) {%- endmacro %}

{% macro sorted_distinct(list) -%} list_sort(list_distinct({{ list }})) {%- endmacro %}

{% macro list_has(list, element) -%} list_contains({{ list }}, {{ element }}) {%- endmacro %}

{% macro empty_text_list() -%} cast([] as varchar[]) {%- endmacro %}

{# One row per element: for `cross join`; the columns are `element` and `position` (from 1). #}
{% macro unnested(list, alias) -%}
    (select unnest({{ list }}) as element, generate_subscripts({{ list }}, 1) as position) as {{ alias }}
{%- endmacro %}

{# The values of a group in one list. #}
{% macro list_agg(value) -%} list({{ value }}) {%- endmacro %}

{% macro empty_item_list() -%}
    cast([] as struct(product_id varchar, sku varchar, quantity {{ quantity_type() }}, price decimal(18, 2))[])
{%- endmacro %}

{% macro text_list_of(words) -%} ['{{ words | map("replace", "'", "''") | join("', '") }}'] {%- endmacro %}

{# An expression over a value that is computed once: `name` stands for it in `expression`. #}
{% macro with_value(name, value, expression) -%} list_transform([{{ value }}], lambda {{ name }}: {{ expression }})[1] {%- endmacro %}

{% macro list_of(expressions) -%} [{{ expressions | join(", ") }}] {%- endmacro %}

{# The elements whose bits are set in a number: the first one's bit is 1, the next one's 2. #}
{% macro where_bit_is_set(list, number) -%}
    list_filter({{ list }}, lambda one, place: ({{ number }} >> (place - 1)) & 1 = 1)
{%- endmacro %}

{# The names whose bits are set in a number, in their order. #}
{% macro names_of_bits(names, number) -%} {{ where_bit_is_set(text_list_of(names), number) }} {%- endmacro %}

{% macro first_element(list) -%} {{ list }}[1] {%- endmacro %}

{# The texts of a list as one text. #}
{% macro joined_list(list, separator) -%} array_to_string({{ list }}, '{{ separator }}') {%- endmacro %}

{# A struct of named expressions. #}
{% macro struct_of(fields) -%}
    { {%- for name, value in fields.items() %}'{{ name }}': {{ value }}{{ ", " if not loop.last }}{% endfor -%} }
{%- endmacro %}
