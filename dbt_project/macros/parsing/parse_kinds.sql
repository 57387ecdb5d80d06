{# One macro per kind of field (contract, section 2). `value` is the JSON value, null where it is absent; `text` the text
   of a JSON string, null where the value is no string. Each gives the typed value, or null where the value is bad. #}

{% macro parse_text(value, text) -%} {{ text }} {%- endmacro %}

{# Ids are strings or JSON integers, kept as text. #}
{% macro parse_id(value, text) -%}
    case when {{ text }} is not null then {{ text }} when {{ is_json_integer(value) }} then {{ value }} end
{%- endmacro %}

{% macro parse_integer(value, text) -%}
    case when {{ is_json_integer(value) }} then try_cast({{ value }} as bigint) end
{%- endmacro %}

{% macro parse_quantity(value, text) -%}
    case when {{ is_json_integer(value) }} and not starts_with({{ value }}, '-') then try_cast({{ value }} as bigint) end
{%- endmacro %}

{# A JSON number or a numeric string, never negative; rounds half away from zero. #}
{% macro parse_money(value, text) -%}
    {%- set given = "coalesce(" ~ trimmed(text) ~ ", " ~ value ~ ")" -%}
    case
        when {{ matches_whole(given, '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?') }}
            and not ({{ matches_whole(given, '-.*') }} and {{ matches_whole(given, '[^eE]*[1-9].*') }})
            then try_cast({{ given }} as decimal(18, 2))
    end
{%- endmacro %}

{% macro parse_boolean(value, text) -%}
    case {{ value }} when 'true' then true when 'false' then false end
{%- endmacro %}

{% macro parse_currency(value, text) -%} upper({{ trimmed(text) }}) {%- endmacro %}

{# ISO 8601 date and time, or epoch seconds as a JSON number; a time without an offset is in `zone`. #}
{% macro parse_instant(value, text, zone) -%}
    case
        when {{ text }} is null then
            case when {{ is_json_number(value) }} then {{ epoch_to_instant(value) }} end
        when not {{ matches_whole(
            trimmed(text),
            '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?'
        ) }} then null
        when {{ matches_whole(trimmed(text), '.*(Z|[+-][0-9]{2}:[0-9]{2})') }} then {{ text_to_instant(trimmed(text)) }}
        else {{ local_to_instant(text_to_local_time(trimmed(text)), zone) }}
    end
{%- endmacro %}

{# Whether an element or a field inside a list counts as absent: null, a blank string, an empty list. #}
{% macro is_absent(value) -%}
    ({{ value }} is null or {{ value }} = '[]' or (starts_with({{ value }}, '"') and {{ is_blank(json_text(value)) }}))
{%- endmacro %}

{# The usable elements of a JSON list of strings; null where one is of another type. #}
{% macro parse_texts(value, text) -%}
    {%- set usable = list_where(json_elements(value), "element", "not " ~ is_absent("element")) -%}
    case
        when {{ is_json_list(value) }} and {{ list_none(usable, "kept", "not starts_with(kept, '\"')") }}
            then {{ list_map(usable, "kept", json_text("kept")) }}
    end
{%- endmacro %}

{# The usable elements of a JSON list of ids; null where one is no id. #}
{% macro parse_ids(value, text) -%}
    {%- set usable = list_where(json_elements(value), "element", "not " ~ is_absent("element")) -%}
    {%- set parsed = list_map(usable, "kept", parse_id("kept", json_text("kept"))) -%}
    case
        when {{ is_json_list(value) }} and {{ list_none(parsed, "id", "id is null") }} then {{ parsed }}
    end
{%- endmacro %}

{# The JSON value that names a product: the element itself, or the first of an object's fields that is not absent. #}
{% macro product_reference(element, fields) -%}
    {%- set object = json_fields(element, fields) -%}
    case
        when not {{ is_json_object(element) }} then {{ element }}
        {%- for field in fields %}
        when not {{ is_absent("(" ~ object ~ ")." ~ field) }} then ({{ object }}).{{ field }}
        {%- endfor %}
    end
{%- endmacro %}

{# Product ids: ids, or objects with product_id, else sku, else id; order kept, blanks and repeats dropped. #}
{% macro parse_products(value, text) -%}
    {%- set references = list_map(json_elements(value), "element", product_reference("element", ["product_id", "sku", "id"])) -%}
    {%- set usable = list_where(references, "reference", "not " ~ is_absent("reference")) -%}
    {%- set parsed = list_map(usable, "kept", parse_id("kept", json_text("kept"))) -%}
    case
        when {{ is_json_list(value) }} and {{ list_none(parsed, "id", "id is null") }}
            then {{ list_without_repeats(parsed) }}
    end
{%- endmacro %}

{% macro item_fields() -%} {{ return(["product_id", "sku", "quantity", "price"]) }} {%- endmacro %}

{# Order lines: objects with product_id or sku, quantity (default 1) and price; null where one of these is bad. #}
{% macro parse_items(value, text) -%}
    {%- set object = "element.fields" -%}
    {%- set elements = list_where(json_elements(value), "element", "not " ~ is_absent("element")) -%}
    {%- set opened = list_map(elements, "element", "{'is_object': " ~ is_json_object("element") ~ ", 'fields': " ~ json_fields("element", item_fields()) ~ "}") -%}
    {%- set usable = list_where(opened, "element", "not element.is_object or not " ~ is_absent(object ~ ".product_id") ~ " or not " ~ is_absent(object ~ ".sku")) -%}
    {%- set bad_part -%}
        not element.is_object
        {%- for name, kind in [("product_id", "id"), ("sku", "id"), ("quantity", "quantity"), ("price", "money")] %}
        or (not {{ is_absent(object ~ "." ~ name) }}
            and ({{ parse_kind(kind, object ~ "." ~ name, json_text(object ~ "." ~ name)) }}) is null)
        {%- endfor %}
    {%- endset -%}
    case
        when {{ is_json_list(value) }} and {{ list_none(usable, "element", bad_part) }}
            then {{ list_map(usable, "element", item_struct(object)) }}
    end
{%- endmacro %}

{% macro item_struct(object) -%}
    {
        'product_id': case when not {{ is_absent(object ~ ".product_id") }} then {{ parse_id(object ~ ".product_id", json_text(object ~ ".product_id")) }} end,
        'sku': case when not {{ is_absent(object ~ ".sku") }} then {{ parse_id(object ~ ".sku", json_text(object ~ ".sku")) }} end,
        'quantity': case when {{ is_absent(object ~ ".quantity") }} then cast(1 as bigint) else {{ parse_quantity(object ~ ".quantity", "null") }} end,
        'price': case when not {{ is_absent(object ~ ".price") }} then {{ parse_money(object ~ ".price", json_text(object ~ ".price")) }} end
    }
{%- endmacro %}

{# The parser of a kind by its name; words and instants need more than the value and have calls of their own. #}
{% macro parse_kind(kind, value, text) -%}
    {%- set parsers = {
        "id": parse_id, "text": parse_text, "integer": parse_integer, "quantity": parse_quantity, "money": parse_money,
        "boolean": parse_boolean, "currency": parse_currency, "texts": parse_texts, "ids": parse_ids,
        "products": parse_products, "items": parse_items,
    } -%}
    {%- if kind not in parsers %}{{ exceptions.raise_compiler_error("no parser for fields of kind '" ~ kind ~ "'") }}{% endif -%}
    {{ parsers[kind](value, text) }}
{%- endmacro %}
