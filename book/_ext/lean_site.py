"""Ship what the pages use and nothing else, so that they are light and need no network.

The theme loads 1.5 MB of icons to show twenty of them, and MathJax's usual bundle is a megabyte.
Both are taken here, in part, from the Python packages that carry them: nothing is committed and
no page asks another host for anything.
"""

import base64
import importlib.util
import io
import re
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from sphinx.util.fileutil import copy_asset

PACKS = {
    "fab": "fa-brands",
    "far": "fa-regular",
    "fas": "fa-solid",
}  # in the order of the theme's script
ICON = re.compile(r'"?([a-z0-9-]+)"?:\[(\d+),(\d+),\[([^\]]*)\],"[0-9a-f]+","([^"]+)"\]')
EMBEDDED = re.compile(rb'(?<="data:image/png;base64,)[A-Za-z0-9+/=]+(?=")')
ICONS_OF_SCRIPTS = {"fa-solid fa-xmark"}  # put on the page by the theme's script, not by a template


ANY_ICON = (
    ":is(.fas,.far,.fab,.fa-solid,.fa-regular,.fa-brands){font-family:inherit}"  # fetch no font
    ":is(.fas,.far,.fab,.fa-solid,.fa-regular,.fa-brands)::before{"
    'content:""!important;display:inline-block;height:1em;vertical-align:-.125em;'
    "background:currentColor;forced-color-adjust:none;"
    "-webkit-mask:var(--icon) center/contain no-repeat;mask:var(--icon) center/contain no-repeat}"
)


def package_folder(name: str) -> Path:
    return Path(importlib.util.find_spec(name).origin).parent


def icons_in(script: str) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Font Awesome's script -> {(pack, name or alias): (width, height, SVG path)}."""
    packs = [part for part in re.split(r"(?=\bvar p=\{)", script) if part.startswith("var p={")]
    found = {}
    for pack, text in zip(PACKS, packs, strict=True):
        for name, width, height, aliases, path in ICON.findall(text):
            for each in (name, *re.findall(r'"([^"]+)"', aliases)):
                found[pack, each] = (width, height, path)
    return found


def icon_rule(pack: str, name: str, width: str, height: str, path: str) -> str:
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}'>"
        f"<path d='{path}'/></svg>"
    )
    return (
        f":is(.{pack},.{PACKS[pack]}).fa-{name}::before{{width:{int(width) / int(height):.4g}em;"
        f'--icon:url("data:image/svg+xml,{quote(svg, safe=" =:/")}")}}'
    )


def keep_used_icons(app, exception):
    """Replace the theme's icon script by a style sheet with the icons that the pages show."""
    if exception or app.builder.name != "html":
        return
    script = "scripts/fontawesome.js"
    theme = package_folder("pydata_sphinx_theme") / "theme/pydata_sphinx_theme/static"
    static = Path(app.outdir, "_static")
    known = icons_in((theme / script).read_text(encoding="utf-8"))
    classes = set(ICONS_OF_SCRIPTS)
    for page in Path(app.outdir).rglob("*.html"):
        classes.update(re.findall(r'class="([^"]*\bfa-[^"]*)"', page.read_text(encoding="utf-8")))
    used = {
        (pack, name)
        for words in map(str.split, classes)
        for pack, long_name in PACKS.items()
        if pack in words or long_name in words
        for name in (word.removeprefix("fa-") for word in words)
        if (pack, name) in known
    }
    rules = [ANY_ICON, *(icon_rule(*key, *known[key]) for key in sorted(used)), ""]
    (static / "icons.css").write_text("\n".join(rules), encoding="utf-8")
    (static / script).write_text("", encoding="utf-8")


def copy_mathjax(app, exception):
    """Copy the parts of MathJax that `mathjax3_config` names, and its fonts."""
    if exception or app.builder.name != "html":
        return
    source = package_folder("sphinx-mathjax-offline") / "static/mathjax"
    target = Path(app.outdir, "_static", "mathjax")
    parts = ["startup", "output/chtml/fonts/tex", *app.config.mathjax3_config["loader"]["load"]]
    for part in (part.replace("[tex]", "input/tex/extensions") for part in parts):
        copy_asset(source / f"{part}.js", (target / part).parent)
    fonts = "output/chtml/fonts/woff-v2"
    copy_asset(source / fonts, target / fonts)


def in_a_palette(png: bytes) -> bytes:
    """The same picture in 256 colours, as many as a figure needs: about a quarter of the bytes."""
    picture = Image.open(io.BytesIO(png))
    if picture.mode == "P":
        return png
    few = picture.convert("RGBA").quantize(
        256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    few.save(smaller := io.BytesIO(), "PNG", optimize=True)
    return min(png, smaller.getvalue(), key=len)


def make_pictures_light(app, exception):
    """Give every picture a palette, those in files and those within pages (frames of a slider)."""
    if exception or app.builder.name != "html":
        return
    for path in Path(app.outdir, "_images").glob("*.png"):
        path.write_bytes(in_a_palette(path.read_bytes()))
    for path in Path(app.outdir, "chapters").rglob("*.html"):
        page = path.read_bytes()
        lighter = EMBEDDED.sub(
            lambda found: base64.b64encode(in_a_palette(base64.b64decode(found[0]))), page
        )
        if lighter != page:
            path.write_bytes(lighter)


def load_each_script_once(app, pagename, templatename, context, doctree):
    """Sphinx lists a script twice when an extension adds it late, as the live-code button does."""
    scripts = context["script_files"]
    context["script_files"] = list(
        {
            (script.filename or "", script.attributes.get("body")): script for script in scripts
        }.values()
    )


def make_references_a_list(app, pagename, templatename, context, doctree):
    """docutils puts entries of a role no longer in use into a list, which screen readers refuse."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def lead_to_the_student_edition(app, pagename, templatename, context, doctree):
    """Exercises open without their solutions: on the branch that carries the student edition."""
    if not pagename.endswith("/exercises"):
        return
    main = app.config.html_theme_options.get("repository_branch", "main")
    branch = re.compile(rf"/{main}(?=[?/])")
    for group in context.get("header_buttons", []):
        if group.get("label") == "launch-buttons":
            for button in group["buttons"]:
                if "url" in button:
                    button["url"] = branch.sub("/student", button["url"], count=1)


def offer_the_student_edition(app, exception):
    """The download button of an exercise page gives the notebook without its solutions."""
    if exception or app.builder.name != "html":
        return
    from celltoken.coursework import release

    for page in Path(app.outdir, "_sources", "chapters").glob("*/exercises.ipynb"):
        page.write_text(release.download(page.parent.name), encoding="utf-8")


def setup(app):
    app.add_css_file("icons.css")
    app.connect("html-page-context", load_each_script_once, priority=900)
    app.connect("html-page-context", make_references_a_list)
    app.connect("html-page-context", lead_to_the_student_edition, priority=900)
    app.connect("build-finished", offer_the_student_edition)
    app.connect("build-finished", keep_used_icons)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", make_pictures_light)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
