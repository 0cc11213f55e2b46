"""Pairs to train on: a review or a word with a sentence about its mood, and plain sentences.

    >>> snippets, words, held_out = data()
    >>> review_pair(random.Random(1), snippets[0])  # text, sentence, labels, moods

Each pair comes with how probable each label is, and with how probable it is that either text is of
a good mood, 0.5 where nothing is known of that.
"""

import math
import random
import sys
from pathlib import Path

import grammar
from grammar import LABELS

SENTIMENT = Path(__file__).resolve().parent.parent / "sentiment"
SLOPE = 1.5  # how fast a rating away from zero becomes a sure label
UNRELATED = 0.2  # how often a sentence has nothing to do with a review

Pair = tuple[str, str, list[float], list[float]]

MOODS = dict.fromkeys(("positive", "good", "great", "excellent", "wonderful"), 1)
MOODS |= dict.fromkeys(("negative", "bad", "poor", "terrible", "awful"), -1)
ABOUT = ["This example is {}.", "This review is {}.", "This text is {}.", "The movie is {}."]
ABOUT += ["This review is not {}.", "The mood of this review is {}.", "The critic finds it {}."]
LIKES = {"The critic likes the film.": 1, "The critic does not like the film.": -1}
OTHER = ["sport", "music", "politics", "weather", "cooking", "travel", "science", "red", "round"]


def data() -> tuple[list[tuple[str, float]], list[tuple[str, float]], list[tuple[str, int]]]:
    """Snippets to train on and rated words, with their ratings; and what is held out."""
    sys.path.append(str(SENTIMENT))
    from source import LEXICON_MEMBER, fetch_source, read_member, snippet_rows

    archive = fetch_source()
    lines = (SENTIMENT / "held-out.tsv").read_text(encoding="utf-8").splitlines()[1:]
    held_out = [line.split("\t") for line in lines]
    ids = {id for id, _, _ in held_out}
    rows = [(text, float(rating)) for id, rating, text in snippet_rows(archive) if id not in ids]
    lexicon = read_member(archive, LEXICON_MEMBER).decode("utf-8").splitlines()
    columns = [line.split("\t") for line in lexicon if line[:1].isalpha()]
    words = [(word, float(rating)) for word, rating, *_ in columns]
    rated = [row for row in rows if row[1] != 0]
    return rated, words, [(text, 1 if label == "positive" else -1) for _, label, text in held_out]


def mood(source: random.Random) -> tuple[str, int]:
    """A sentence about the mood of a text, and whether it holds of a good one (1) or a bad (-1)."""
    if source.random() < 0.1:
        return source.choice(list(LIKES.items()))
    template, (word, sign) = source.choice(ABOUT), source.choice(list(MOODS.items()))
    return template.format(word), -sign if "not" in template else sign


def unrelated(source: random.Random) -> str:
    """A sentence that no review says anything about."""
    if source.random() < 0.3:
        return source.choice(ABOUT).format(source.choice(OTHER))
    return str(grammar.sentence(source))


def review_pair(source: random.Random, rated: tuple[str, float]) -> Pair:
    """A text with a sentence, how probable each label is, and how good the mood of either is."""
    text, rating = rated
    good = 1 / (1 + math.exp(-SLOPE * rating))
    if source.random() < UNRELATED:
        return text, unrelated(source), [0.0, 1.0, 0.0], [good, 0.5]
    hypothesis, sign = mood(source)
    holds = good if sign > 0 else 1 - good
    return text, hypothesis, [1 - holds, 0.0, holds], [good, float(sign > 0)]


def plain_pair(source: random.Random) -> Pair:
    if source.random() < 0.05:
        said, sign = mood(source)
        return str(grammar.sentence(source)), said, [0.0, 1.0, 0.0], [0.5, float(sign > 0)]
    label = source.choice(LABELS)
    target = [float(name == label) for name in LABELS]
    return *grammar.draw(source, label, held_out=False), target, [0.5, 0.5]
