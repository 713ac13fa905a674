{#-
  Per key, the ranges [from, to) follow each other: the first one begins open or at 0, each begins where the one before
  it ended, and the last one is open. `table_name`: the seed.
-#}
{% test bands_follow_each_other(model, from_column, to_column, table_name, key_columns=[]) %}

{%- set partition = 'partition by ' ~ key_columns | join(', ') if key_columns else '' %}

with

bands as (

    select
        *,
        lag({{ to_column }}) over ({{ partition }} order by coalesce({{ from_column }}, -1)) as previous_upper_bound,
        row_number() over ({{ partition }} order by coalesce({{ from_column }}, -1)) as band_number,
        count(*) over ({{ partition }} order by coalesce({{ from_column }}, -1) rows between 1 following and unbounded following)
            as bands_above
    from {{ model }}

)

select
    '{{ table_name }}' as table_name,
    '{{ from_column }}' as column_name,
    {{ row_key(key_columns + [from_column, to_column]) }} as row_key,
    'does not begin where the band before it ends, or leaves an end without a band' as problem
from bands
where
    not coalesce(
        case when band_number = 1 then coalesce({{ from_column }}, 0) = 0 else {{ from_column }} = previous_upper_bound end
        and case when bands_above = 0 then {{ to_column }} is null else {{ to_column }} > coalesce({{ from_column }}, -1) end,
        false
    )

{% endtest %}
