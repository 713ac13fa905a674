"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Vars = Annotated[str, typer.Option("--vars", metavar="YAML", help="dbt vars, such as [bold]'{demo_data: false}'[/].")]
