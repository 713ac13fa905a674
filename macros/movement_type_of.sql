{#- zero before size: who opened without MRR did not expand, and who closes without MRR did not contract -#}
{% macro movement_type_of(opening, closing, change, peak_before, churn_month, month) -%}
    case
        when {{ opening }} = 0 and {{ closing }} > 0 and {{ peak_before }} = 0 then 'new'
        {% if var('reactivation_window_months') is not none -%}
            when
                {{ opening }} = 0 and {{ closing }} > 0
                and {{ date_difference(churn_month, month, 'month') }} > {{ var('reactivation_window_months') }}
                then 'new'
        {% endif -%}
        when {{ opening }} = 0 and {{ closing }} > 0 then 'reactivation'
        when {{ is_churn(opening, closing) }} then 'churn'
        when {{ opening }} > 0 and {{ change }} > 0 then 'expansion'
        when {{ opening }} > 0 and {{ change }} < 0 then 'contraction'
    end
{%- endmacro %}
