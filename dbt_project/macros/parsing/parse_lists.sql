{# Lists are parsed in steps, each a column of its own, as an engine computes a repeated expression each time: the
   `listed_value` of a JSON value, the `objects_of` a JSON list, its `usable_elements`, their `parsed_elements` (null at the place of a bad one), the
   `parsed_list`. `objects` names the column of the first step. #}

{% macro list_kinds() -%} {{ return(["texts", "ids", "products", "items"]) }} {%- endmacro %}

{# The fields that an element which is an object may have, for the kinds of list that know any. #}
{% macro object_fields(kind) -%}
    {{ return({"products": ["product_id", "sku", "id"], "items": ["product_id", "sku", "quantity", "price"]}.get(kind)) }}
{%- endmacro %}

{# What stands where a list is due, as a JSON list: a lone text, and where ids are due a lone number, is a list of one; a
   text that begins with `[` is read as JSON; for tags, any other text is the list of its parts between commas. What can
   be read as none of these stays as it is. #}
{% macro listed_value(kind, value, text) -%}
    {%- set alone = "'[' || " ~ value ~ " || ']'" -%}
    case
        when {{ is_json_list(value) }} then {{ value }}
        when {{ text }} is not null then
            coalesce(
                {{ with_value("given", trimmed(text), json_list_in("given")) }},
                {{ json_list_of(split_at_commas(text)) if kind == "texts" else "case when starts_with(" ~ trimmed(text) ~ ", '[') then " ~ value ~ " else " ~ alone ~ " end" }}
            )
        {%- if kind in ("ids", "products") %}
        when {{ is_json_number(value) }} then {{ alone }}
        {%- endif %}
        else {{ value }}
    end
{%- endmacro %}

{% macro objects_of(kind, value) -%} {{ json_object_elements(value, object_fields(kind)) }} {%- endmacro %}

{# The elements of a JSON list that are not absent; for products and items, without those that name no product, and for
   ids of people (`words` are those that identify nobody) without those that name nobody. Hardly
   any list holds a list: the others are spared the pattern that such an element is held against, which an engine may
   prepare anew for every batch of rows. #}
{% macro usable_elements(kind, value, objects, words) -%}
    case
        when {{ text_contains("substring(" ~ value ~ ", 2)", "'['") }} then {{ usable_of(kind, value, objects, words, true) }}
        else {{ usable_of(kind, value, objects, words, false) }}
    end
{%- endmacro %}

{% macro usable_of(kind, value, objects, words, lists) -%}
    {%- if kind == "products" -%}
        {{ list_where(product_references(value, objects, lists), "element", "not " ~ is_absent("element", lists)) }}
    {%- elif kind == "items" -%}
        {{ list_where(opened_items(value, objects, lists), "element", "element.is_usable") }}
    {%- elif kind == "ids" -%}
        {{ list_where(json_elements(value), "element", "not " ~ is_absent("element", lists) ~ " and (" ~ present_identifier("element", json_text("element"), words, "id") ~ ") is not null") }}
    {%- else -%}
        {{ list_where(json_elements(value), "element", "not " ~ is_absent("element", lists)) }}
    {%- endif -%}
{%- endmacro %}

{% macro parsed_elements(kind, elements) -%}
    {%- if kind == "texts" -%} {{ list_map(elements, "element", json_text("element")) }}
    {%- elif kind == "items" -%} {{ list_map(elements, "element", parsed_item("element")) }}
    {%- else -%} {{ list_map(elements, "element", parse_id("element", json_text("element"))) }}
    {%- endif -%}
{%- endmacro %}

{# The typed list; null where the value is no list or an element is bad. Of products, each at its first place only. #}
{% macro parsed_list(kind, value, elements) -%}
    case
        when {{ is_json_list(value) }} and {{ list_none(elements, "element", "element is null") }}
            then {{ list_without_repeats(elements) if kind == "products" else elements }}
    end
{%- endmacro %}

{# The JSON values that name products: the elements themselves, or of an object the first field that is not absent. #}
{% macro product_references(value, objects, lists) -%}
    {%- set element = left_of("pair") -%}
    {%- set reference -%}
        case
            when not {{ is_json_object(element) }} then {{ element }}
            {%- for name in object_fields("products") %}
            {%- set field = right_of("pair") ~ "." ~ name %}
            when not {{ is_absent(field, lists) }} then {{ field }}
            {%- endfor %}
        end
    {%- endset -%}
    case
        when {{ text_contains(value, "'{'") }}
            then {{ list_map(list_pairs(json_elements(value), objects), "pair", reference) }}
        else {{ json_elements(value) }}
    end
{%- endmacro %}

{# Order lines as structs of their JSON fields; a line that is an object without product_id and sku is not usable. #}
{% macro opened_items(value, objects, lists) -%}
    {%- set element, fields = left_of("pair"), right_of("pair") -%}
    {%- set opened -%}
        {
            'is_object': {{ is_json_object(element) }},
            'is_usable': not {{ is_absent(element, lists) }} and not (
                {{ is_json_object(element) }}
                and {{ is_absent(fields ~ ".product_id", lists) }}
                and {{ is_absent(fields ~ ".sku", lists) }}
            ),
            'fields': {{ fields }}
        }
    {%- endset -%}
    {{ list_map(list_pairs(json_elements(value), objects), "pair", opened) }}
{%- endmacro %}

{# One order line, quantity 1 by default; null where it is no object or a field is bad. #}
{% macro parsed_item(element) -%}
    {%- set kinds = {"product_id": "id", "sku": "id", "quantity": "quantity", "price": "money"} -%}
    case
        when not {{ element }}.is_object then null
        {%- for name, kind in kinds.items() %}
        {%- set value = element ~ ".fields." ~ name %}
        when not {{ is_absent(value) }} and ({{ parse_kind(kind, value, json_text(value)) }}) is null then null
        {%- endfor %}
        else {
            {%- for name, kind in kinds.items() %}
            {%- set value = element ~ ".fields." ~ name %}
            '{{ name }}': case
                when not {{ is_absent(value) }} then {{ parse_kind(kind, value, json_text(value)) }}
                {%- if name == "quantity" %}
                else 1
                {%- endif %}
            end{{ "," if not loop.last }}
            {%- endfor %}
        }
    end
{%- endmacro %}
