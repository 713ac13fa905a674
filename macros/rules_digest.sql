{% macro rules_digest() -%}
    {%- set rules = [rule_version(), dbt_version, run_query('select version()')[0][0]] -%}
    {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | sort(attribute='unique_id') -%}
        {%- do rules.append([
            node.unique_id, node.checksum.checksum, node.config.materialized, node.config.incremental_strategy,
            tojson(node.config.meta, sort_keys=true),
        ] | join(' ')) -%}
    {%- endfor -%}
    {{- return(local_md5(rules | join('\n'))) -}}
{%- endmacro %}
