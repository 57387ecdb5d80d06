{# Gate 9: every recommended product is known, by product_id or sku, and out of stock in its current version. #}
{% macro gate_products_unavailable(triggers) -%}
    {%- set text -%}
        product.element
        || case codes.in_stock when true then ' in stock' when false then ' out of stock' else ' not known' end
    {%- endset -%}
    with
        stock as (
            select source, product_id as code, in_stock
            from {{ ref("int_products") }}
            union all
            select source, sku as code, in_stock
            from {{ ref("int_products") }}
            where sku is not null
        ),

        codes as (select source, code, {{ any_true("in_stock") }} as in_stock from stock group by source, code),

        -- a recommendation names no product twice
        recommended as (
            select
                triggers.policy_id,
                triggers.event_id,
                triggers.profile_id,
                count(case when not codes.in_stock then 1 end) = count(*) as is_gone,
                {{ sorted_list(list_agg(text)) }} as texts
            from {{ triggers }} as triggers
            cross join lateral {{ unnested("triggers.products", "product") }}
            left join codes on triggers.source = codes.source and product.element = codes.code
            group by triggers.policy_id, triggers.event_id, triggers.profile_id
        ),

        asked as (
            select policy_id, event_id, profile_id, is_gone, texts
            from recommended
            union all
            select policy_id, event_id, profile_id, false as is_gone, {{ empty_text_list() }} as texts
            from {{ triggers }}
            where {{ list_size("products") }} = 0
        )

    select policy_id, event_id, {{ verdict("is_gone", "texts", "'the trigger recommends no product'") }}
    from asked as triggers
{%- endmacro %}
