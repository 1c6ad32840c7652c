"""Photograph every page of the built book, at desk and phone width, light and dark.

usage: python .ci/screenshots.py OUTDIR [part of a page's path ...]
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import launch  # noqa: E402

HTML = ROOT / "_build" / "html"
WIDTHS = {"desk": 1280, "phone": 390}


def main(out: Path, wanted: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    pages = [
        page.relative_to(HTML)
        for folder in ("book", "chapters")
        for page in sorted((HTML / folder).rglob("*.html"))
    ]
    with launch("--allow-file-access-from-files") as browser:
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


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
