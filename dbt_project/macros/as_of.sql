{# The run's instant (spec §4.1). Models ask for it here and never ask the engine's clock. #}
{% macro as_of() -%} (select as_of from {{ ref("int_run") }}) {%- endmacro %}
