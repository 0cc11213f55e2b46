"""Passages, and queries that are made of them.

    >>> passages = Passages(["A cat sleeps near two tall old churches.", ...])
    >>> passages.draw(random.Random(1), 0, count=10)  # e.g. ("church sleep tall", [0, 14, 3, ...])

A query has two to four of its passage's words of content in another order. Each loses its ending
half of the time, and in three of ten queries stands one word more, which is of another passage. The
passages beside it are for the greater part those that share the most words with the query.
"""

import random
import re
from collections import Counter, defaultdict

COMMON = 0.02  # a word that a greater share of the passages has is none of content
WORD = re.compile(r"[a-z][a-z']{2,}[a-z]")


class Passages:
    """Passages, and which of them have which words."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        found = [list(dict.fromkeys(WORD.findall(text.lower()))) for text in texts]
        counts = Counter(word for words in found for word in words)
        common = {word for word, count in counts.items() if count > COMMON * len(texts)}
        self.words = [[word for word in words if word not in common] for words in found]
        self.having: dict[str, list[int]] = defaultdict(list)
        for place, words in enumerate(self.words):
            for stem in {cut(word) for word in words}:
                self.having[stem].append(place)
        self.usable = [place for place, words in enumerate(self.words) if len(words) >= 5]

    def draw(self, source: random.Random, place: int, count: int) -> tuple[str, list[int]]:
        """A query for a passage, and that passage with others, `count` in all."""
        chosen = source.sample(self.words[place], source.randint(2, 4))
        stems = [cut(word) for word in chosen]
        if source.random() < 0.3:
            chosen.append(source.choice(self.words[source.choice(self.usable)]))
            source.shuffle(chosen)
        query = [cut(word) if source.random() < 0.5 else word for word in chosen]
        shared: dict[int, int] = defaultdict(int)
        for stem in dict.fromkeys(cut(word) for word in chosen):
            for other in self.having[stem]:
                if not set(stems) <= {cut(word) for word in self.words[other]}:
                    shared[other] += 1
        nearest = sorted(shared, key=lambda other: (-shared[other], source.random()))
        near = nearest[: count * 2]
        others = source.sample(near, min(len(near), count * 3 // 4))
        while len(others) < count - 1:
            other = source.randrange(len(self.texts))
            if other != place and other not in others:
                others.append(other)
        return " ".join(query), [place, *others]


def cut(word: str) -> str:
    """A word without its ending: `performances` and `performance` become `performanc`."""
    short = re.sub(r"('s|ies|ing|ed|es|ly|s|e|y)$", "", word)
    return short if len(short) >= 4 else word
