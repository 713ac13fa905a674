{% macro states_at_both_ends(relation, key_columns, states) -%}
    {%- set in_order = 'partition by ' ~ key_columns | join(', ') ~ ' order by month_date' -%}
    {%- set until_now = in_order ~ ' rows between unbounded preceding and current row' -%}
    select
        {{ key_columns | join(', ') }},
        month_date,
        {% for state, change in states.items() -%}
        sum({{ change }}_at_closing) over ({{ until_now }}) - {{ change }}_at_closing as opening_{{ state }},
        sum({{ change }}_at_opening) over ({{ until_now }}) as closing_{{ state }},
        sum({{ change }}_at_closing) over ({{ until_now }}) as closing_{{ state }}_at_closing_rates
        {{- ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ key_columns | join(', ') }},
            month_date,
            {% for change in states.values() -%}
            sum(case when fx_basis = {{ fx_basis('closing') }} then {{ change }} else 0 end) as {{ change }}_at_closing,
            sum(case when fx_basis = {{ fx_basis('month_opening') }} then {{ change }} else 0 end)
                as {{ change }}_at_opening{{ ',' if not loop.last }}
            {% endfor %}
        from {{ relation }}
        where fx_basis in ({{ fx_basis('closing') }}, {{ fx_basis('month_opening') }})
        group by {{ key_columns | join(', ') }}, month_date
    ) as changes
{%- endmacro %}
