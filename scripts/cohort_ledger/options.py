"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Every line of dbt instead of a bar.")]
Vars = Annotated[str, typer.Option("--vars", metavar="YAML", help="dbt vars, such as `'{demo_data: false}'`.")]
