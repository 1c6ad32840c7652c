"""Sort the list of references by plain letters: an Ř stands with the R, not before the A."""

import unicodedata

from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.alpha import Style as Alpha
from pybtex.style.sorting.author_year_title import SortingStyle


class ByPlainLetters(SortingStyle):
    def person_key(self, person):
        text = unicodedata.normalize("NFKD", str(Text.from_latex(super().person_key(person))))
        return "".join(letter for letter in text if not unicodedata.combining(letter))


class Style(Alpha):
    default_sorting_style = "plain_letters"


def setup(app):
    register_plugin("pybtex.style.sorting", "plain_letters", ByPlainLetters)
    register_plugin("pybtex.style.formatting", "letters", Style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
