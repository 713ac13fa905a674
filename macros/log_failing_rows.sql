{% macro log_failing_rows(results, limit=5) -%}
    {%- for result in results if result.status in ('fail', 'warn') and result.node.relation_name -%}
        {%- set rows = run_query('select * from ' ~ result.node.relation_name ~ ' limit ' ~ limit) -%}
        {%- do log(result.node.name ~ ': ' ~ result.failures ~ ' failing, all in ' ~ result.node.relation_name, info=true) -%}
        {%- for row in rows -%}
            {%- set values = [] -%}
            {%- for column in rows.column_names if row[column] is not none -%}
                {%- do values.append(column ~ ' = ' ~ printable(row[column])) -%}
            {%- endfor -%}
            {%- do log('    ' ~ values | join(', '), info=true) -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
