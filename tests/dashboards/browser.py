"""A real headless Chromium, the Debian package, as an old phone would be: small, and without JavaScript if asked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

WIDTH, HEIGHT = 390, 844
CHROMIUM = shutil.which("chromium")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def phone(browser: Browser, *, script: bool = False, scheme: Literal["light", "dark"] = "light") -> Iterator[Page]:
    """Open a phone-sized page; with ``script``, what a test injects runs, whatever the page's policy says."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        java_script_enabled=script,
        bypass_csp=script,
        color_scheme=scheme,
        locale="fr-FR",
    )
    try:
        yield context.new_page()
    finally:
        context.close()
