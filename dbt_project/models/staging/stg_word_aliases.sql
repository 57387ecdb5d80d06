{{ config(materialized=as_view()) }}

with
    aliases as (select * from {{ ref("word_aliases") }}),

    final as (select distinct vocabulary, {{ word_form("alias") }} as alias, word from aliases)

select *
from final
