{% macro mrr_at_rate(price, price_denominator=1, prices='', rates='', digits=18) -%}
    {%- set prices = prices ~ '.' if prices else '' -%}
    {%- set rates = rates ~ '.' if rates else '' -%}
    {{ from_whole(
        multiply_and_divide(
            price,
            prices ~ 'per_month_numerator * ' ~ rates ~ 'rate_numerator',
            price_denominator ~ ' * ' ~ prices ~ 'per_month_denominator * ' ~ rates ~ 'rate_denominator'
        ), 4, digits
    ) }}
{%- endmacro %}
