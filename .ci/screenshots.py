"""Photograph every page of the built book, at desk and phone width, light and dark.

usage: python .ci/screenshots.py OUTDIR [part of a page's path ...]
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
WIDTHS = {"desk": 1280, "phone": 390}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
]


def main(out: Path, wanted: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pages = [
        page.relative_to(HTML)
        for folder in ("book", "chapters")
        for page in sorted((HTML / folder).rglob("*.html"))
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for theme in ("light", "dark"):
            for device, width in WIDTHS.items():
                context = browser.new_context(viewport={"width": width, "height": 900})
                context.add_init_script(
                    f"localStorage.setItem('mode', '{theme}');"
                    f"localStorage.setItem('theme', '{theme}')"
                )
                tab = context.new_page()
                for page in pages:
                    if wanted and not any(part in str(page) for part in wanted):
                        continue
                    tab.goto((HTML / page).as_uri(), wait_until="load")
                    tab.wait_for_timeout(800)  # formulas are set after the page has loaded
                    name = "-".join(page.with_suffix("").parts[1:])
                    tab.screenshot(path=out / f"{name}-{device}-{theme}.png", full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
