{% set fields = declared_fields() or [{"feed": "", "name": "", "position": 0}] %}

with
    final as (
        select feed, name, position
        from
            (
                values
                    {%- for field in fields %}
                        ('{{ field.feed }}', '{{ field.name }}', {{ field.position }}){{ "," if not loop.last }}
                    {%- endfor %}
            ) as fields(feed, name, position)
    )

select *
from final
