{% macro customers_passed_by_the_end() -%}
    {#- at historical rates, MRR also changes where nothing begins or ends but a rate -#}
    {%- set names = ['int_mrr_intervals'] + (['int_mrr_valuations'] if var('fx_policy') == 'historical' else []) -%}
    {%- set last_built = [] -%}
    {%- for name in names if is_incremental() -%}
        {%- set relation = load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier=name)) -%}
        {%- if relation -%}
            {%- do last_built.append(relation) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if last_built | length == names | length -%}
        {%- for relation in last_built -%}
            select intervals.customer_id
            from {{ relation }} as intervals
            cross join {{ ledger_state_relation() }} as last_build
            cross join ledger_bounds
            where
                {% for column in ['from_month_date', 'to_month_date'] -%}
                    (
                        intervals.{{ column }} > least(last_build.last_month_date, ledger_bounds.last_month_date)
                        and intervals.{{ column }} <= greatest(last_build.last_month_date, ledger_bounds.last_month_date)
                    )
                    {%- if not loop.last %}
                    or {% endif %}
                {%- endfor %}
            {%- if not loop.last %}

            union distinct

            {% endif %}
        {%- endfor -%}
    {%- else -%}
        {#- nobody knows: all of them may be -#}
        select fingerprints.customer_id
        from fingerprints
        cross join ledger_bounds
    {%- endif -%}
{%- endmacro %}
