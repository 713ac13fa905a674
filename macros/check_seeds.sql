{% macro check_seeds() -%}
    {%- set missing = [] -%}
    {%- if execute and is_build() -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.unique_id in selected_resources -%}
            {%- for parent in node.depends_on.nodes if parent.startswith('seed.') and parent not in selected_resources -%}
                {%- set seed = graph.nodes[parent] -%}
                {%- set relation = api.Relation.create(database=seed.database, schema=seed.schema, identifier=seed.alias) -%}
                {%- if seed.name not in missing and not load_relation(relation) -%}
                    {%- do missing.append(seed.name) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if missing -%}
        {{ exceptions.raise_compiler_error(
            'The database does not hold the seeds yet (' ~ missing | sort | join(', ') ~ '): run dbt build, which loads them first.'
        ) }}
    {%- endif -%}
{%- endmacro %}
