{# Query: how far each of `edges`, a query of (source, profile_id, target), leads, and the smallest id on the way: source,
   profile_id, target, smallest. Pointers are doubled: each round goes twice as far, and only those go on that have not
   come to an end. Whoever has gone as many steps as there are edges goes round in a cycle. #}
{% macro doubled_pointers(edges) -%} {{ return(adapter.dispatch("doubled_pointers", "caw")(edges)) }} {%- endmacro %}
