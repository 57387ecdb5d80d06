{% for segment in var("segments") %}
    select '{{ segment }}' as segment_id, source, profile_id, qualified_at, as_of
    from {{ ref(segment) }} {{ "union all" if not loop.last }}
{% endfor %}
