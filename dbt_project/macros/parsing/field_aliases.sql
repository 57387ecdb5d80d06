{# The names that a team's own export gives fields (spec §2.0.9): a member counts as the field that it means where
   that is absent. #}

{# The seed's rows for a feed, as they are loaded, in the order in which they are tried: dictionaries of source (`*` for
   all), field and means. Rows that mean no field of the feed are left to the seed's test. #}
{% macro aliases_of_feed(feed) -%}
    {%- set seed = ref("field_aliases") -%}
    {%- set found = [] -%}
    {%- if execute and load_relation(seed) -%}
        {%- set statement -%}
            select {{ trimmed("source") }} as source, {{ trimmed("field") }} as field, {{ trimmed("means") }} as means
            from {{ seed }}
            where {{ trimmed("feed") }} = {{ quoted(feed) }}
            order by source = '*', {{ file_position() }}
        {%- endset -%}
        {%- for row in texts_of(statement, ["source", "field", "means"]) if row.means in fields_by_name(feed) -%}
            {%- do found.append(row) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The fields of a feed as they are declared, by name; those of the profile object by `profile.<name>`. #}
{% macro fields_by_name(feed) -%}
    {%- set fields = {} -%}
    {%- for field in var("feeds")[feed].fields -%}
        {%- if field.kind == "profile" -%}
            {%- for part in var("profile_fields") -%}{%- do fields.update({"profile." ~ part.name: part}) -%}{%- endfor -%}
        {%- else -%}
            {%- do fields.update({field.name: field}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro %}

{# The JSON value that counts as a field's: its own, or that of the first alias that has one. `aliases` are the feed's,
   `members` names the list of the values of their fields. #}
{% macro value_or_alias(field, value, means, aliases, members, words) -%}
    coalesce(
        case when ({{ present_field(field, value, text_of_field(field, value), words) }}) is not null then {{ value }} end,
        {%- for alias in aliases %}
        {%- if alias.means == means %}
        {% if alias.source != "*" %}case when source = {{ quoted(alias.source) }} then {% endif -%}
        {{ with_value("member", "nullif(" ~ members ~ "[" ~ loop.index ~ "], 'null')", present_field(field, "member", text_of_field(field, "member"), words)) }}
        {%- if alias.source != "*" %} end{% endif -%},
        {%- endif %}
        {%- endfor %}
        {{ value }}
    )
{%- endmacro %}

{# Condition on the columns of the seed: whether a field of that name is one of the feed's. #}
{% macro is_field_of_feed(feed, name) -%}
    {%- set pairs = [] -%}
    {%- for one in var("feeds") if one != "chat_transcripts" -%}
        {%- for field in fields_by_name(one) -%}{%- do pairs.append("('" ~ one ~ "', '" ~ field ~ "')") -%}{%- endfor -%}
    {%- endfor -%}
    ({{ trimmed(feed) }}, {{ trimmed(name) }}) in ({{ pairs | join(", ") }})
{%- endmacro %}
