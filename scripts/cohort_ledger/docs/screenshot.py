"""Take a picture of the top of a page in Chromium: the report's, for the README."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from cohort_ledger.errors import LedgerError

WIDTH, HEIGHT = 1200, 1460


def chromium_options() -> dict[str, object]:
    """How Playwright starts the Chromium on the PATH."""
    path = shutil.which("chromium")
    if path is None:
        raise LedgerError("there is no chromium on the PATH: run `make chromium`")
    # its sandbox does not run as root
    return {"executable_path": path, "args": ["--no-sandbox"] if os.getuid() == 0 else []}


def take(page_path: Path, picture: Path) -> None:
    """Write the picture, when the page's charts are drawn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(page_path.absolute().as_uri())
        page.wait_for_selector("html[data-charts=drawn]")
        page.screenshot(path=picture)
        browser.close()
