"""A control that redraws a figure: live in a notebook, ready-made frames in the built book."""

import base64
import html
import io
import os

import matplotlib.pyplot as plt
from IPython.display import HTML


def slider(draw, name, values, start=0, describe=""):
    """A control that redraws a figure: live in a notebook, ready-made frames in the built book.

    Parameters
    ----------
    draw : function of one value, returning a matplotlib.figure.Figure
        Its axes' titles tell the finding; they are read out with the frame.
    name : str
        What the slider changes, with its unit.
    values : sequence
        The stops of the slider.
    start : int
        Position of the stop shown first.
    describe : str
        What the frames show, for those who do not see them; the titles are added.

    Returns
    -------
    ipywidgets.Widget or IPython.display.HTML
        The latter where no kernel will run (``CELLTOKEN_STATIC`` is set, as ``make book`` does):
        a labelled HTML slider that needs no library and no network.
    """
    values = list(values)
    if not os.environ.get("CELLTOKEN_STATIC"):
        import ipywidgets

        def redraw(value):
            draw(value)
            plt.show()

        slider = ipywidgets.SelectionSlider(
            options=values, value=values[start], description=name, continuous_update=False
        )
        slider.style.description_width = "initial"
        return ipywidgets.interactive(redraw, value=slider)
    frames = []
    for place, value in enumerate(values):
        figure, file = draw(value), io.BytesIO()
        figure.savefig(file, format="png", dpi=110, pil_kwargs={"optimize": True})
        finding = ". ".join(" ".join(ax.get_title(loc="left").split()) for ax in figure.axes)
        text = f"{describe} {name} {value}: {finding}".strip()
        plt.close(figure)
        image = base64.b64encode(file.getvalue()).decode()
        hidden = "" if place == start else " hidden"
        frames.append(
            f'<img src="data:image/png;base64,{image}"{hidden} alt="{html.escape(text)}">'
        )
    stops = html.escape(str([str(value) for value in values]), quote=True)
    turn = (
        f"const v={stops}[this.value],f=this.closest('figure');"
        "f.querySelectorAll('img').forEach((i,k)=>{i.hidden=k!=this.value});"
        "f.querySelector('output').value=v;this.setAttribute('aria-valuetext',v)"
    )
    return HTML(
        f'<figure class="slider"><label>{html.escape(name)} '
        f'<input type="range" min="0" max="{len(values) - 1}" value="{start}" '
        f'aria-valuetext="{values[start]}" oninput="{turn}"></label> '
        f'<output aria-live="polite">{values[start]}</output>{"".join(frames)}</figure>'
    )
