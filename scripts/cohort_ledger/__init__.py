"""What is done around the dbt project: load, build, publish, report, query; `cohort-ledger --help` lists the commands.

No business rule lives here: they are in the models.
"""
