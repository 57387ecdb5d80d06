{# Lists (spec §2.0.2): from what is given to the typed list, in steps that are each computed once: what is given as a JSON
   list, its elements that say something, and those typed. #}

{# The typed list; empty where nothing in it says anything, null where the value is no list or an element is bad. Nearly
   all lists are of plain texts, which are taken as they are. #}
{% macro parse_list(kind, value, text) -%}
    {%- set plain = is_list_of_plain_texts(value) -%}
    case
        when {{ value }} is null then null
        {%- if kind == "texts" %}
        when {{ plain }} then {{ json_texts(value) }}
        {%- elif kind == "products" %}
        when {{ plain }} and {{ has_short_ids(value) }} and {{ list_is_distinct(json_texts(value)) }} then {{ json_texts(value) }}
        {%- endif %}
        else {{ with_value(
            "listed",
            listed_value(kind, value, text),
            with_value("typed_elements", parsed_elements(kind, usable_elements(kind, "listed")), typed_list(kind, "listed", "typed_elements"))
        ) }}
    end
{%- endmacro %}

{# Whether no id in a list of plain texts is to be shortened: none is in a list that is itself no longer. #}
{% macro has_short_ids(value) -%}
    case
        when {{ code_points(value) }} <= {{ longest_id() }} then true
        else {{ list_none(json_texts(value), "element", code_points("element") ~ " > " ~ longest_id()) }}
    end
{%- endmacro %}

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
                {{ json_list_of(split_at_commas(text)) if kind == "texts" else "case when " ~ begins_with(trimmed(text), "'['") ~ " then " ~ value ~ " else " ~ alone ~ " end" }}
            )
        {%- if kind in ("ids", "products") %}
        when {{ is_json_number(value) }} then {{ alone }}
        {%- endif %}
        else {{ value }}
    end
{%- endmacro %}

{# The elements of a JSON list that are not absent; for products and items, without those that name no product, and for
   ids of people without those that name nobody. Hardly any list holds a list: the others are spared the pattern that such
   an element is matched with, which an engine may prepare again for every batch of rows. #}
{% macro usable_elements(kind, value) -%}
    {%- set words = absent_words() if kind == "ids" else [] -%}
    {%- if kind in ("texts", "products") -%} {{ usable_of(kind, value, true, words) }}
    {%- else -%}
    case
        when {{ text_contains("substring(" ~ value ~ ", 2)", "'['") }} then {{ usable_of(kind, value, true, words) }}
        else {{ usable_of(kind, value, false, words) }}
    end
    {%- endif -%}
{%- endmacro %}

{% macro usable_of(kind, value, lists, words) -%}
    {%- if kind == "products" -%}
        {{ list_where(product_references(value, lists), "element", "not " ~ is_absent("element", lists)) }}
    {%- elif kind == "items" -%}
        {{ list_where(
            opened_items(value, lists),
            "element",
            "element.is_given and (not element.is_object or element.product_id is not null or element.sku is not null)"
        ) }}
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

{# Of products, each at its first place only. #}
{% macro typed_list(kind, value, elements) -%}
    case
        when {{ is_json_list(value) }} and {{ list_none(elements, "element", "element is null") }}
            then {{ list_without_repeats(elements) if kind == "products" else elements }}
    end
{%- endmacro %}

{# The JSON values that name products: the elements themselves, or of an object the first field that is not absent. #}
{% macro product_references(value, lists) -%}
    {%- set objects = json_object_elements(value, object_fields("products")) -%}
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

{# Order lines as structs: what each field gives, null where it counts as absent. #}
{% macro opened_items(value, lists) -%}
    {%- set element, fields = left_of("pair"), right_of("pair") -%}
    {%- set opened = {"is_given": "not " ~ is_absent(element, lists), "is_object": is_json_object(element)} -%}
    {%- for name in object_fields("items") -%}
        {%- do opened.update({name: "case when not " ~ is_absent(fields ~ "." ~ name, lists) ~ " then " ~ fields ~ "." ~ name ~ " end"}) -%}
    {%- endfor -%}
    {{ list_map(list_pairs(json_elements(value), json_object_elements(value, object_fields("items"))), "pair", struct_of(opened)) }}
{%- endmacro %}

{# One order line, quantity 1 by default; null where it is no object or a field is bad. #}
{% macro parsed_item(element) -%}
    {%- set kinds = {"product_id": "id", "sku": "id", "quantity": "quantity", "price": "money"} -%}
    {%- set parsed, bad, whole = {}, ["not " ~ element ~ ".is_object"], {} -%}
    {%- for name, kind in kinds.items() -%}
        {%- set value = element ~ "." ~ name -%}
        {%- do parsed.update({name: parse_kind(kind, value, json_text(value))}) -%}
        {%- do bad.append(value ~ " is not null and item." ~ name ~ " is null") -%}
        {%- do whole.update({name: "coalesce(item.quantity, 1)" if name == "quantity" else "item." ~ name}) -%}
    {%- endfor -%}
    {{ with_value("item", struct_of(parsed), "case when not (" ~ bad | join(" or ") ~ ") then " ~ struct_of(whole) ~ " end") }}
{%- endmacro %}
