"""Write the slides when the pages are there, so that links to them always lead somewhere."""

from pathlib import Path

from celltoken.tools import slides


def write_slides(app, exception):
    if exception or app.builder.name != "html":
        return
    slides.write(html=Path(app.outdir))


def setup(app):
    app.connect("build-finished", write_slides)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
