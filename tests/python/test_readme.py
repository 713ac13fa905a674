"""What the README shows is what the project prints."""

from __future__ import annotations

import subprocess

from dbt_project import CLI, PROJECT_DIR


def test_the_headline_in_the_readme_is_that_of_the_demo() -> None:
    """Needs the demo that `make build` builds."""
    headline = subprocess.run([*CLI, "headline"], capture_output=True, text=True, check=True).stdout
    printed = "\n".join(line.rstrip() for line in headline.splitlines())
    assert printed in (PROJECT_DIR / "README.md").read_text()
