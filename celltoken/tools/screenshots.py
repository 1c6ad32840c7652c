"""Photograph every page of the built book, at desk and phone width, light and dark."""

import argparse
from pathlib import Path

from celltoken import lessons
from celltoken.tools.browser import launch

HTML = lessons.ROOT / "_build" / "html"
WIDTHS = {"desk": 1280, "phone": 390}


def take(out: Path, wanted: list[str], themes=("light", "dark"), devices=tuple(WIDTHS)) -> None:
    """Write one picture a page, device and theme into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    pages = [
        page.relative_to(HTML)
        for folder in ("book", "chapters")
        for page in sorted((HTML / folder).rglob("*.html"))
    ]
    with launch("--allow-file-access-from-files") as browser:
        for theme in themes:
            for device in devices:
                context = browser.new_context(viewport={"width": WIDTHS[device], "height": 900})
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="celltoken.tools.screenshots", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("parts", nargs="*", help="only pages whose path has one of these parts")
    parser.add_argument("--theme", choices=("light", "dark"), nargs="+", default=["light", "dark"])
    parser.add_argument("--device", choices=tuple(WIDTHS), nargs="+", default=list(WIDTHS))
    options = parser.parse_args()
    take(options.out, options.parts, options.theme, options.device)


if __name__ == "__main__":
    main()
