"""What both models share: text in, token ids, and the rows that belong to a word."""

import re


class TextModel:
    """Text to token ids, and words to rows. Subclasses set `tokenizer`, `window`, `name`."""

    def _encode(self, text, what="text"):
        if not isinstance(text, str):
            raise ValueError(f"The {what} must be a string, not {type(text).__name__}.")
        encoding = self.tokenizer.encode(text)
        if all(encoding.special_tokens_mask):  # nothing but [CLS] and [SEP], or nothing at all
            raise ValueError(f"The {what} is empty: {self.name} needs at least one token.")
        self._check_length(len(encoding.ids), what)
        return encoding

    def _check_length(self, length, what, limit=None):
        limit = limit or self.window
        if length > limit:
            raise ValueError(
                f"The {what} has {length:,} tokens and the limit here is {limit:,} ({self.name}): "
                "shorten it or cut it into pieces."
            )

    def layers(self, text):
        raise NotImplementedError

    def word_rows(self, text, word, occurrence=0):
        """Return the numbers of the rows (tokens) that spell `word` in `text`, as a list.

        The word is matched whole, whatever its case. `occurrence` counts from 0.
        Raises ValueError if the word does not occur that often.
        """
        encoding = self._encode(text)
        if not isinstance(word, str) or not word.strip():
            raise ValueError("The word must be a string with at least one visible character.")
        pattern = rf"(?<!\w){re.escape(word.strip())}(?!\w)"
        spans = [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
        if not 0 <= occurrence < len(spans):
            times = {0: "not", 1: "only once"}.get(len(spans), f"only {len(spans)} times")
            asked = f" (occurrence {occurrence} was asked for, counting from 0)" if spans else ""
            shown = text if len(text) <= 80 else text[:79] + "…"
            raise ValueError(f"The word {word!r} is {times} in {shown!r}{asked}.")
        start, end = spans[occurrence]
        return [row for row, (a, b) in enumerate(encoding.offsets) if a < end and b > start]

    def word_states(self, text, word, occurrence=0):
        """Return one vector a layer for `word` as used in `text`: (layers, dim) float32.

        The mean over the word's sub-tokens. `occurrence` (from 0) chooses among several.
        Raises ValueError if the word is not in the text.
        """
        rows = self.word_rows(text, word, occurrence)
        return self.layers(text)[1][:, rows].mean(axis=1)
