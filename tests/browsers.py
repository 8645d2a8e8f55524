"""A real browser: Chromium, on a telephone's 390 pixels and a desk's 1280.

Tests that use it carry the marker `browser` by themselves. Whatever the page's console calls an error fails
the test, a refusal by the Content-Security-Policy included.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PHONE, DESK = 390, 1280
HEIGHTS = {PHONE: 844, DESK: 900}

Window = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop on the test's thread, and Django takes every query there for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which(os.environ.get("CHROMIUM", "chromium")),
            args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        )
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """Opens windows with cookies of their own: `window(PHONE)`, `window(DESK, color_scheme="dark")`,
    `window(java_script_enabled=False)`; other keywords are Playwright's for a new context."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(width: int = DESK, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            timezone_id="America/New_York",
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert not complaints, "the browser's console shows errors: " + "; ".join(complaints)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, window: Window) -> Page:
    """One window; the test runs once at each width."""
    return window(request.param)


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing on the page as it stands now."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
