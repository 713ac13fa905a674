{#- Half-open intervals [from, to) of one key never share an instant; empty ones share nothing. -#}
{% test intervals_do_not_overlap(model, key, from_column, to_column, table_name) %}

with

intervals as (

    select
        {{ key }} as interval_key,
        {{ from_column }} as from_at,
        max(coalesce({{ to_column }}, {{ end_of_time() }})) over (
            partition by {{ key }}
            order by {{ from_column }}, coalesce({{ to_column }}, {{ end_of_time() }})
            rows between unbounded preceding and 1 preceding
        ) as latest_to_before_at
    from {{ model }}
    where {{ from_column }} < coalesce({{ to_column }}, {{ end_of_time() }})

)

select
    '{{ table_name }}' as table_name,
    '{{ from_column }}' as column_name,
    interval_key as row_key,
    from_at as overlaps_from,
    latest_to_before_at as overlaps_until
from intervals
where from_at < latest_to_before_at

{% endtest %}
