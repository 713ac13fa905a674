{% macro cohort_rates() -%}
    {{ exact_ratio('closing_mrr', 'opening_mrr') }} as nrr,
    {{ exact_ratio('retained_mrr', 'opening_mrr') }} as grr,
    {{ exact_ratio('retained_customers', 'cohort_customers') }} as logo_retention,
    {{ exact_ratio('expansion_mrr', 'opening_mrr') }} as expansion_rate
{%- endmacro %}
