{% macro cohort_amounts(opening, closing) -%}
    least({{ opening }}, {{ closing }}) as retained_mrr,
    cast(greatest({{ closing }} - {{ opening }}, 0) as decimal(18, 4)) as expansion_mrr,
    cast(
        case when {{ is_churn(opening, closing) }} then 0 else greatest({{ opening }} - {{ closing }}, 0) end as decimal(18, 4)
    ) as contraction_mrr,
    cast(case when {{ is_churn(opening, closing) }} then {{ opening }} else 0 end as decimal(18, 4)) as churned_mrr
{%- endmacro %}
