{# Whether a team's own rows can be worked with. A wrong one stops the build after the seed is loaded and before any model
   reads it, with sentences that name the file and the row.

   row: the column that names a row. unique_key: columns that no two rows share. filled: columns that are never blank.
   words: by column, the only values it may have, blank aside. complete: by column, the values that must occur.
   rules: {holds: condition, says: the sentence's end, columns in braces standing for their values}. #}
{% test valid_seed(model, row, unique_key=[], filled=[], words={}, complete={}, rules=[]) -%}
    {%- set faults = seed_faults(model, row, unique_key, filled, words, complete, rules) if execute else [] -%}
    {{ refused_rows(model, faults) }}
{%- endtest %}
