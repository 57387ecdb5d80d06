{# What dbt takes from the root project alone: a materialization of a name that its adapter has, too. A run adds this folder to
   the macro-paths in its copy of a team's project, which has this one as its package. #}
{% materialization incremental, adapter = "spark", supported_languages = ["sql"] %}
    {{ return(caw.materialization_incremental_spark()) }}
{% endmaterialization %}
