-- `graph` is dbt's own view of the project: the base models' property files are where fields are declared.
{% set fields = [] %}
{% if execute %}
    {% for feed in var("feeds") %}
        {% for column in graph.nodes["model.caw.base_" ~ feed].columns.values() if column.meta.get("kind") %}
            {% set name = "profile." ~ column.name if column.meta.get("member_of") else column.name %}
            {% do fields.append("('" ~ feed ~ "', '" ~ name ~ "', " ~ loop.index ~ ")") %}
        {% endfor %}
    {% endfor %}
{% endif %}

select feed, name, position
from (values {{ fields | join(", ") or "('', '', 0)" }}) as fields(feed, name, position)
