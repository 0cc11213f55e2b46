"""Pairs of plain sentences, and whether the second follows from the first.

    >>> draw(random.Random(1), "entailment", held_out=False)  # e.g. ("A man plays a guitar.", ...)

A sentence says who does what, and perhaps where: `An old man plays a guitar in the park.` Each of
these has words above it that say less: a man is a person and somebody, who plays a guitar makes
music, a park is outdoors. By convention both sentences are about one scene, in which each does one
thing at one place:

- what says the same or less follows;
- what says more, or is about another one, is neutral;
- another thing done, or another place, is a contradiction, and `does not` turns that round.

Which nouns and verbs stand together in held-out sentences is decided by SHA-256: those pairs of
words are in no pair of sentences that is drawn to train on.
"""

import hashlib
import random
from typing import NamedTuple

LABELS = ("contradiction", "neutral", "entailment")
HELD_OUT_BYTES = 38  # of 256: about 15% of the pairs of noun and verb

# A word, and the one above it that says less. Nothing is above an empty one.
NOUNS = {"man": "person", "woman": "person", "boy": "child", "girl": "child", "child": "person"}
NOUNS |= dict.fromkeys(("teacher", "farmer", "doctor", "nurse", "sailor"), "person")
NOUNS |= {"person": "somebody", "somebody": "", "bird": "animal", "animal": ""}
NOUNS |= {"sparrow": "bird", "duck": "bird"}
NOUNS |= dict.fromkeys(("dog", "cat", "horse", "cow"), "animal")
BY_ALL = {"sleep": "rest", "lie down": "rest", "rest": ""}
BY_ALL |= dict.fromkeys(("run", "walk", "jump", "swim"), "move") | {"move": ""}
BY_ALL |= {"eat an apple": "eat a fruit", "eat a pear": "eat a fruit", "eat a fruit": "eat"}
BY_ALL |= {"eat bread": "eat", "eat": "", "drink milk": "drink", "drink water": "drink"}
BY_ALL |= {"drink": ""}
BY_PEOPLE = {"play a guitar": "make music", "play a piano": "make music", "make music": ""}
BY_PEOPLE |= {"sing a song": "make music", "read a book": "read", "read a letter": "read"}
BY_PEOPLE |= {"read": "", "drive a car": "drive", "drive a bus": "drive", "drive": ""}
VERBS = BY_ALL | BY_PEOPLE
PLACES = dict.fromkeys(("in the kitchen", "in the bedroom", "in the office"), "indoors")
PLACES |= dict.fromkeys(("in the garden", "in the park", "in the street"), "outdoors")
PLACES |= {"on the beach": "outdoors", "indoors": "", "outdoors": "", "": ""}
KINDS = {"old": "", "young": "", "tall": "", "": ""}
TREES = (KINDS, NOUNS, VERBS, PLACES)


class Sentence(NamedTuple):
    kind: str
    noun: str
    verb: str
    place: str
    negated: bool

    def __str__(self) -> str:
        subject = f"{self.kind} {self.noun}".strip()
        article = "" if subject == "somebody" else "an " if subject[0] in "aeiou" else "a "
        first, *rest = self.verb.split()
        verb = [f"does not {first}" if self.negated else f"{first}s", *rest]
        text = " ".join([article + subject, *verb, self.place]).strip()
        return text[0].upper() + text[1:] + "."

    @property
    def is_held_out(self) -> bool:
        digest = hashlib.sha256(f"{self.noun} {self.verb}".encode()).digest()
        return digest[0] < HELD_OUT_BYTES


def above(tree: dict[str, str], word: str) -> list[str]:
    """A word and all those over it; over kinds and places stands that none is named."""
    found = [word]
    while tree[found[-1]]:
        found.append(tree[found[-1]])
    return [*found, ""] if "" in tree and word else found


def relation(first: Sentence, second: Sentence) -> str:
    """What the second sentence is to the first, whatever is negated in the first."""
    up = [b in above(tree, a) for tree, a, b in zip(TREES, first[:4], second[:4], strict=True)]
    down = [a in above(tree, b) for tree, a, b in zip(TREES, first[:4], second[:4], strict=True)]
    if not (up[0] and up[1]):
        return "neutral"
    if first.negated:
        if not (down[2] and down[3]):
            return "neutral"
        return "entailment" if second.negated else "contradiction"
    if not (up[2] or down[2]) or not (up[3] or down[3]):
        return "entailment" if second.negated else "contradiction"
    if not (up[2] and up[3]):
        return "neutral"
    return "contradiction" if second.negated else "entailment"


def sentence(source: random.Random) -> Sentence:
    noun = source.choice(list(NOUNS))
    people = "person" in above(NOUNS, noun) or noun == "somebody"
    kind = source.choice(list(KINDS)) if noun != "somebody" and source.random() < 0.4 else ""
    verb = source.choice(list(VERBS if people else BY_ALL))
    place = source.choice(list(PLACES)) if source.random() < 0.6 else ""
    return Sentence(kind, noun, verb, place, source.random() < 0.2)


def near(source: random.Random, first: Sentence) -> Sentence:
    """A sentence about something like the first: words of it, words above them, other words."""
    other = sentence(source)
    words = [
        source.choice(above(tree, word)) if source.random() < share else new
        for tree, word, new, share in zip(
            TREES, first[:4], other[:4], (0.9, 0.8, 0.55, 0.6), strict=True
        )
    ]
    if words[1] == "somebody":
        words[0] = ""
    if "person" not in above(NOUNS, words[1]) and words[1] != "somebody" and words[2] in BY_PEOPLE:
        words[1] = first.noun if first.verb in BY_PEOPLE else "somebody"
        words[0] = first.kind if words[1] == first.noun else ""
    return Sentence(*words, source.random() < 0.3)


def draw(source: random.Random, label: str, held_out: bool) -> tuple[str, str]:
    """A pair of sentences with this label; if held out, the first has words that never met."""
    while True:
        first = sentence(source)
        second = near(source, first)
        wanted = first.is_held_out if held_out else not (first.is_held_out or second.is_held_out)
        if wanted and first != second and relation(first, second) == label:
            return str(first), str(second)
