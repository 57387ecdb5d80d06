{# Typed lists. `element` names the lambda's variable in `expression`. #}

{% macro list_map(list, element, expression) -%} {{ return(adapter.dispatch("list_map", "caw")(list, element, expression)) }} {%- endmacro %}

{# Two lists of one length, element by element: of each pair, `left_of` and `right_of`. An element of the second that is
   looked up by its place would cost a copy of the list for every element of the first. #}
{% macro list_pairs(left, right) -%} {{ return(adapter.dispatch("list_pairs", "caw")(left, right)) }} {%- endmacro %}
{% macro left_of(pair) -%} {{ return(adapter.dispatch("left_of", "caw")(pair)) }} {%- endmacro %}
{% macro right_of(pair) -%} {{ return(adapter.dispatch("right_of", "caw")(pair)) }} {%- endmacro %}

{% macro list_where(list, element, condition) -%} {{ return(adapter.dispatch("list_where", "caw")(list, element, condition)) }} {%- endmacro %}

{# Whether no element meets the condition; true for an empty list. #}
{% macro list_none(list, element, condition) -%} {{ return(adapter.dispatch("list_none", "caw")(list, element, condition)) }} {%- endmacro %}

{# The elements without repeats, each at its first place. A short list is searched for each of its elements; a long one
   is sorted by element and place, the first of each is taken, and those are sorted by place again. #}
{% macro list_without_repeats(list) -%} {{ return(adapter.dispatch("list_without_repeats", "caw")(list)) }} {%- endmacro %}

{% macro list_is_distinct(list) -%} {{ return(adapter.dispatch("list_is_distinct", "caw")(list)) }} {%- endmacro %}

{% macro list_size(list) -%} {{ return(adapter.dispatch("list_size", "caw")(list)) }} {%- endmacro %}

{% macro sorted_distinct(list) -%} {{ return(adapter.dispatch("sorted_distinct", "caw")(list)) }} {%- endmacro %}

{% macro sorted_list(list) -%} {{ return(adapter.dispatch("sorted_list", "caw")(list)) }} {%- endmacro %}

{% macro list_has(list, element) -%} {{ return(adapter.dispatch("list_has", "caw")(list, element)) }} {%- endmacro %}

{% macro empty_text_list() -%} {{ return(adapter.dispatch("empty_text_list", "caw")()) }} {%- endmacro %}

{# One row per element: for `cross join`; the columns are `element` and `position` (from 1). #}
{% macro unnested(list, alias) -%} {{ return(adapter.dispatch("unnested", "caw")(list, alias)) }} {%- endmacro %}

{# The values of a group in one list. #}
{% macro list_agg(value) -%} {{ return(adapter.dispatch("list_agg", "caw")(value)) }} {%- endmacro %}

{% macro empty_item_list() -%} {{ return(adapter.dispatch("empty_item_list", "caw")()) }} {%- endmacro %}

{% macro text_list_of(words) -%} {{ return(adapter.dispatch("text_list_of", "caw")(words)) }} {%- endmacro %}

{# An expression over a value that is computed once: `name` stands for it in `expression`. #}
{% macro with_value(name, value, expression) -%} {{ return(adapter.dispatch("with_value", "caw")(name, value, expression)) }} {%- endmacro %}

{% macro list_of(expressions) -%} {{ return(adapter.dispatch("list_of", "caw")(expressions)) }} {%- endmacro %}

{# The elements whose bits are set in a number: the first one's bit is 1, the next one's 2. #}
{% macro where_bit_is_set(list, number) -%} {{ return(adapter.dispatch("where_bit_is_set", "caw")(list, number)) }} {%- endmacro %}

{# The names whose bits are set in a number, in their order. #}
{% macro names_of_bits(names, number) -%} {{ where_bit_is_set(text_list_of(names), number) }} {%- endmacro %}

{# An element by its place, counted from 1; null where there is none. #}
{% macro element_of(list, place) -%} {{ return(adapter.dispatch("element_of", "caw")(list, place)) }} {%- endmacro %}

{% macro first_element(list) -%} {{ element_of(list, 1) }} {%- endmacro %}

{# The texts of a list as one text. #}
{% macro joined_list(list, separator) -%} {{ return(adapter.dispatch("joined_list", "caw")(list, separator)) }} {%- endmacro %}

{# A struct of named expressions. #}
{% macro struct_of(fields) -%} {{ return(adapter.dispatch("struct_of", "caw")(fields)) }} {%- endmacro %}
