{# The CTE `hops`, for a statement that begins with `with recursive`: how far each of `edges` (source, profile_id, target)
   leads, and the smallest id on the way. Pointers are doubled: each round goes twice as far, and only those go on that
   have not come to an end. Whoever has gone as many steps as there are edges goes round in a cycle. One row is kept of
   each edge, whatever the rounds. #}
{% macro doubled_pointers(edges) -%} {{ return(adapter.dispatch("doubled_pointers", "caw")(edges)) }} {%- endmacro %}
