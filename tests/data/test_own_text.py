"""A reader's text: encodings, lines, scripts, languages; the same, said, or one sentence."""

import gzip
import itertools
import re

import pytest

from celltoken.data import DataError, own_text
from celltoken.data.own_text import TextNeeds, prepare, words_of

LINE = "The wealth of the nation is in the land and in the labour that it gives to a people"
ENGLISH = "\n".join(
    " ".join([LINE] * 6 + [f"official{chr(97 + i % 26) * (1 + i // 26)}"]) for i in range(30)
)
FEW = TextNeeds(words=100, documents=8)


@pytest.fixture
def opened(tmp_path):
    def call(content, needs=FEW, name="mine.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return prepare(path, needs)

    return call


SAME = {
    "BOM": ENGLISH.encode("utf-8-sig"),
    "CRLF": ENGLISH.replace("\n", "\r\n").encode(),
    "blank lines": ENGLISH.replace("\n", "\n\n").encode(),
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME)
def test_other_storage_is_the_same_text_and_nothing_is_said(opened, content):
    found = opened(content)
    assert found.documents == opened(ENGLISH).documents and found.said == []


def test_what_can_be_read_all_the_same_is_read_and_said(opened):
    for content, said in (
        (ENGLISH.encode("utf-16"), "UTF-16"),
        (gzip.compress(ENGLISH.encode()), "unpacked"),
    ):
        found = opened(content)
        assert found.documents == opened(ENGLISH).documents and said in found.said[0]


def test_one_line_and_short_lines_are_cut_into_pieces(opened):
    words = " ".join([LINE] * 300)
    for text in (words, words.replace(" ", "\n"), "\n".join([LINE] * 300)):
        found = opened(text)
        assert len(found.documents) == 12 and len(found.documents[0]) == 500
        assert "joined and cut into 12 documents" in found.said[0]


def test_of_a_large_text_a_sample_is_drawn_and_said(opened, monkeypatch):
    monkeypatch.setattr(own_text, "MOST_DOCUMENTS", 20)
    found = opened(ENGLISH)
    assert len(found.documents) == 20 and "Of 30 documents 20 were drawn" in found.said[0]
    monkeypatch.setattr(own_text, "MOST_WORDS", 1500)
    assert len(opened(ENGLISH).documents) == 13  # of 115 words each
    assert len(opened(ENGLISH, TextNeeds(words=100, documents=15)).documents) == 15
    monkeypatch.setattr(own_text, "MOST_BYTES", 2000)
    found = opened(ENGLISH, TextNeeds(words=100, documents=2))
    assert "Only the first" in found.said[0]
    assert len(found.documents[-1]) == len(found.documents[0])  # no line is cut


REFUSED = {
    "UTF-16 without its mark": (ENGLISH.encode("utf-16-le"), "zero bytes"),
    "UTF-32": (ENGLISH.encode("utf-32"), "zero bytes"),
    "cut in a letter": (ENGLISH.encode("utf-16")[:-1], "not UTF-8"),
    "cut gzip": (gzip.compress(ENGLISH.encode())[:-9], "damaged gzip"),
    "empty": ("", "no words"),
    "numbers": ("1 2 3\n4 5", "no words"),
    "too little": (LINE, "has 19 words, and this lesson needs 100"),
    "latin-1": ("für größere Länder\n".encode("latin-1") * 50, "not UTF-8"),
    "Chinese": ("今天天气很好我们去公园散步吧" * 40, "no spaces between words"),
    "Thai": ("วันนี้อากาศดีมาก" * 40, "no spaces between words"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_used_gets_one_sentence(opened, content, said):
    with pytest.raises(DataError) as problem:
        opened(content)
    text = str(problem.value)
    assert said in text and "\n" not in text and text.endswith(".")


def test_a_text_that_is_not_english_is_used_and_said_or_refused(opened):
    german = "\n".join(["Das Haus steht am Fluss und die Leute gehen heute nicht weit fort"] * 30)
    assert "does not look English" in opened(german).said[-1]
    with pytest.raises(DataError, match="English"):
        opened(german, TextNeeds(words=100, english=True))


def test_segmented_chinese_works(opened):
    assert len(opened("\n".join(["今天 天气 很 好 我们 去 公园 散步"] * 600)).documents) == 10


def test_words_keep_their_accents_and_vowel_signs():
    assert words_of("Élan vital, naïve!") == ["élan", "vital", "naïve"]
    assert words_of("हिन्दी में शब्द") == ["हिन्दी", "में", "शब्द"]


def test_plain_words_are_found_by_a_shortcut_that_changes_nothing():
    # a letter, a mark that combines with it, a digit, and what is neither, in every order of three
    every = ["a", "z", "é", "ſ", "中", "\u0301", "7", "_", "-", " "]
    text = " ".join(map("".join, itertools.product(every, repeat=3)))
    letters = r"[^\W\d_]"
    slow = re.findall(rf"{letters}+(?:\u0301+{letters}*)*", text)
    assert words_of(text) == slow and "a\u0301z" in slow


def test_decomposed_accents_are_composed(opened):
    line = "cafe\u0301 " * 20
    assert set(opened("\n".join([line] * 10)).documents[0]) == {"caf\u00e9"}


SAME_WORDS = {
    "soft hyphens": ENGLISH.replace("nation", "na\u00adtion"),
    "joiners": ENGLISH.replace("labour", "lab\u200cour\u2060"),
    "blanks of no width": ENGLISH.replace(" ", "\u200b "),
    "full width": ENGLISH.translate({i: i + 0xFEE0 for i in range(97, 123)}),
    "ligatures": ENGLISH.replace("fi", "\ufb01"),
    "lines of a Mac": ENGLISH.replace("\n", "\r"),
    "form feeds": ENGLISH.replace("\n", "\f"),
    "blanks that do not break": ENGLISH.replace(" ", "\u00a0"),
    "capitals": ENGLISH.upper(),
    "emoji": ENGLISH.replace(" the ", " the 😀 "),
}


@pytest.mark.parametrize("content", SAME_WORDS.values(), ids=SAME_WORDS)
def test_signs_that_print_nothing_or_look_alike_change_no_word(opened, content):
    found = opened(content)
    assert found.documents == opened(ENGLISH).documents and found.said == []


def test_words_broken_at_the_end_of_a_line_are_joined_if_the_text_has_them_whole(opened):
    text = ENGLISH + "\n" + "\n".join(["the na-\ntion and well-\nknown lab-\n our"] * 30)
    found = opened(text)
    words = {word for each in found.documents for word in each}
    assert {"well", "known"} <= words and not {"na", "tion", "wellknown", "lab"} & words
    assert found.said[0].startswith("60 word(s) broken at the end of a line")


NO_PLAIN_TEXT = {
    "HTML": ("<!DOCTYPE html><html><body><p>word</p>", "HTML or XML"),
    "XML": ("\n<?xml version='1.0'?><TEI><p>word</p>", "HTML or XML"),
    "LaTeX": ("\\documentclass{article}\nword", "LaTeX"),
    "JSON": ('{"text": "word"}\n{"text": "word"}', "JSON"),
    "RTF": ("{\\rtf1\\ansi word}", "Rich Text"),
    "PDF": (b"%PDF-1.7\n\xe2\xe3", "a PDF"),
    "DOCX": (b"PK\x03\x04\xff\xfe", "word processor"),
    "bzip2": (b"BZh9\xff", "bzip2"),
    "picture": (b"\xff\xd8\xff\xe0", "a picture"),
    "HDF5": (b"\x89HDF\r\n", "HDF5"),
}


@pytest.mark.parametrize(("content", "kind"), NO_PLAIN_TEXT.values(), ids=NO_PLAIN_TEXT)
def test_what_is_no_plain_text_is_named(opened, content, kind):
    with pytest.raises(DataError) as problem:
        opened(content)
    assert kind in str(problem.value) and "\n" not in str(problem.value)


def test_a_table_a_folder_and_an_address_are_no_texts(opened, tmp_path):
    with pytest.raises(DataError, match="is a table"):
        opened("id,text\n1,word", name="mine.csv")
    for path, said in ((tmp_path, "is a folder"), ("https://a.org/b.txt", "web address")):
        with pytest.raises(DataError, match=said):
            prepare(path)
    with pytest.raises(DataError, match="is empty"):
        prepare("")


def test_few_different_words_are_told(opened):
    needs = TextNeeds(words=100, different=500)
    for text in ("whale " * 600, "whale ship " * 600):
        with pytest.raises(DataError, match="different words?, and a lesson needs at least 500"):
            opened(text, needs)


def test_documents_that_stand_twice_are_told_and_kept(opened):
    found = opened("\n".join([ENGLISH.replace("\n", " ")] * 9))
    assert found.said == ["8 document(s) are word by word the same as another, and were kept."]


def test_a_text_that_has_been_prepared_is_taken_as_it_is_and_not_said_again(opened, tmp_path):
    first = opened("\n".join([LINE] * 300))
    path = tmp_path / f"words{own_text.READY}"
    own_text.write(first.documents, path)
    again = prepare(path)
    assert again.documents == first.documents and again.said == [] and first.said


def test_a_text_that_may_not_be_read_gets_one_sentence(tmp_path, monkeypatch):
    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "mine.txt").write_text(ENGLISH)
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match="cannot be opened: permission denied"):
        prepare(tmp_path / "mine.txt")
