{{ config(materialized=as_view()) }}

select distinct vocabulary, {{ word_form("alias") }} as alias, word
from {{ ref("word_aliases") }}
