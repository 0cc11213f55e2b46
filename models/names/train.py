"""Train the package `names`, which finds people, places and organisations in English sentences.

1. Take lists of names from the package Faker (MIT) and keep one name in ten of each list aside.
2. Write sentences around names from patterns; one pattern in six is kept aside too.
   Words of the patterns are exchanged for others, so that it is not the patterns that are learnt.
3. Train a tokenizer of 1,200 word pieces, and two convolutions over their embeddings, in numpy.
4. Export to ONNX, compare with numpy, measure on sentences of which neither name nor pattern was
   seen, and write the package with its manifest and golden examples.

It knows what its patterns know: plain sentences with plain names. Run it with

    python -m pip install --requirement requirements.txt
    python train.py
"""

import importlib
import json
import random
import re
import zlib
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper, save_model
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PIECES, WIDTH, HIDDEN, REACH = 1200, 24, 64, 5
SENTENCES, STEPS, BATCH, RATE = 40_000, 4_000, 64, 3e-3

LOCALES = ["en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL"]
FIRMS = [
    "{} Inc.",
    "{} Ltd",
    "{} Group",
    "{} & Sons",
    "{} and {}",
    "{} Bank",
    "{} Airlines",
    "{} Systems",
    "{} Laboratories",
    "University of {place}",
    "{place} Museum",
    "Bank of {place}",
    "{place} Herald",
    "{} Foundation",
    "{} Motors",
    "{} Pharmaceuticals",
]
PATTERNS = """\
{P} lives in {L}.
{P} moved from {L} to {L} last year.
{P}, who works for {O}, was born in {L}.
Yesterday {P} met {P} in {L}.
The company {O} is based in {L}.
{O} has hired {P} as its new chief engineer.
{O} announced on Monday that it would open an office in {L}.
"We are very happy," said {P}, the head of {O}.
The weather in {L} was cold and wet.
According to {P}, the meeting took place in {L}.
{P} and {P} founded {O} in a small flat.
The train from {L} to {L} was late again.
{P} wrote a letter to {O} about the broken machine.
In {L}, {P} studied music and physics.
Nobody at {O} knew where {P} had gone.
My friend {P} plays the piano very well.
We flew to {L} with {O}.
The court in {L} ruled against {O}.
{P} is a doctor.
Have you ever been to {L}?
She asked {P} for help with the report.
Shares of {O} fell after the news.
{O} and {O} will build a factory near {L}.
The novel by {P} is set in {L}.
He left {O} and went to {L}.
On Friday the mayor of {L} spoke with {P}.
{P} of {O} could not be reached.
Please send the parcel to {P} in {L}.
The museum in {L} shows paintings by {P}.
A spokesman for {O} said that nothing was decided.
Dear {P}, thank you for your message.
The river runs through {L} and then to the sea.
{P} bought a house near {L} for his mother.
Last summer {P} worked at {O}.
The report was written by {P} and {P} for {O}.
Many people in {L} speak two languages.
{L} is a city in {L}.
The director, {P}, will leave {O} in March.
It rained all day, and the old dog slept by the fire.
The meeting starts at nine, so please be on time.
Prices rose again last month, and wages did not.
The cat sat on the chair and looked out of the window.
Three trains were late this morning because of the snow.
They opened the box and found nothing in it.
A new bridge was built over the river.
Our teacher explained how the engine works.
{P} won the race ahead of {P}.
Her brother {P} has a shop in {L}.
{O} sold its business in {L} to {O}.
I spoke to {P} about the job at {O}.
"Come to {L}," wrote {P}.
The actor {P} and the singer {P} were seen in {L}.
There is a strike at {O} in {L}.
From {L}, {P} took the night train.
Born in {L}, {P} grew up in {L} and joined {O} at twenty.
What does {O} make?
Who is {P}?
Where in {L} does {P} work?
The letter from {O} was addressed to {P}.
Engineers at {O} tested the new engine in {L}."""


def words(provider: str, locale: str, names: list[str]) -> list[str]:
    """The plain names among some lists of one of Faker's providers."""
    try:
        module = importlib.import_module(f"faker.providers.{provider}.{locale}")
    except ModuleNotFoundError:
        return []
    found = []
    for name in names:
        found += list(getattr(module.Provider, name, []) or [])
    return [
        word for word in found if isinstance(word, str) and word[:1].isupper() and "{" not in word
    ]


def lists() -> dict[str, list[str]]:
    """First names, last names and places, each once and in order."""
    first = ["first_names_male", "first_names_female", "first_names"]
    taken = {"first": [], "last": [], "place": [], "land": []}
    for locale in LOCALES:
        taken["first"] += words("person", locale, first)
        taken["last"] += words("person", locale, ["last_names"])
        taken["place"] += words("address", locale, ["cities", "city_names", "regions"])
    for locale in ["en_US", "en_GB"]:
        taken["land"] += words("address", locale, ["countries", "states", "counties"])
    return {kind: sorted(set(names)) for kind, names in taken.items()}


def ordinary() -> list[str]:
    """Lower-case words that are no names: of prose, of jobs and of what companies say."""
    prose = importlib.import_module("faker.providers.lorem.en_US").Provider.word_list
    jobs = importlib.import_module("faker.providers.job.en_US").Provider.jobs
    company = importlib.import_module("faker.providers.company.en_US").Provider
    talk = [word for words in (*company.catch_phrase_words, *company.bsWords) for word in words]
    found = re.findall(r"[a-z]+", " ".join([*prose, *jobs, *talk]).lower())
    return sorted({word for word in found if len(word) > 1 or word == "a"})


def is_aside(text: str, of: int) -> bool:
    """Whether a name or pattern is kept for measuring; the same on every run."""
    return zlib.crc32(text.encode()) % of == 0


class Writer:
    """Writes sentences with their spans, from names and patterns that were or were not seen."""

    def __init__(self, aside: bool, seed: int):
        self.random = random.Random(seed)
        every = lists()
        self.names = {
            kind: [name for name in all if is_aside(name, 10) == aside]
            for kind, all in every.items()
        }
        self.words = [] if aside else ordinary()
        patterns = PATTERNS.split("\n")
        self.patterns = [pattern for pattern in patterns if is_aside(pattern, 6) == aside]

    def name(self, kind: str) -> str:
        pick = self.random.choice
        if kind == "L":
            return pick(self.names[pick(["place", "place", "land"])])
        if kind == "P":
            shape = self.random.random()
            if shape < 0.15:
                return pick(self.names["first"])
            if shape < 0.25:
                return f"{pick(['Mr.', 'Ms', 'Dr.'])} {pick(self.names['last'])}"
            return f"{pick(self.names['first'])} {pick(self.names['last'])}"
        shape = pick(FIRMS)
        last = [pick(self.names["last"]) for _ in range(2)]
        return shape.format(*last, place=pick(self.names["place"]))

    def pattern(self) -> str:
        """A pattern; to train with, often with other words, more of them, or words alone."""
        pattern = self.random.choice(self.patterns)
        if not self.words:
            return pattern
        share = self.random.choice([0, 0, 0.3, 0.6])
        other = lambda found: self.other(found[0], share)  # noqa: E731
        pattern = re.sub(r"(?<![{\w'])[A-Za-z]{2,}(?![}\w'])", other, pattern)
        if self.random.random() < 0.25:
            pattern = f"{self.some().capitalize()}, {pattern}"
        if self.random.random() < 0.25:
            pattern = f"{pattern[:-1]} {self.some()}{pattern[-1]}"
        if self.random.random() < 0.15:
            return f"{self.some().capitalize()} {self.some()}."
        return pattern

    def some(self) -> str:
        return " ".join(self.random.choice(self.words) for _ in range(self.random.randint(1, 6)))

    def other(self, word: str, share: float) -> str:
        if self.random.random() >= share:
            return word
        found = self.random.choice(self.words)
        return found.capitalize() if word[0].isupper() else found

    def sentence(self) -> tuple[str, list[tuple[int, int, str]]]:
        text, spans, rest = "", [], self.pattern()
        while "{" in rest:
            before, rest = rest.split("{", 1)
            kind, rest = rest[0], rest[2:]
            text += before
            name = self.name(kind)
            spans.append(
                (len(text), len(text) + len(name), {"P": "PER", "L": "LOC", "O": "ORG"}[kind])
            )
            text += name
        return text + rest, spans


def make_tokenizer(texts: list[str]) -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece(prefix="##")
    trainer = trainers.WordPieceTrainer(
        vocab_size=PIECES, special_tokens=SPECIAL, show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


def label(encoding, spans) -> list[int]:
    """The label of each token: the first of a span begins it."""
    labels = []
    for (start, end), special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True):
        kind = next((span for span in spans if span[0] <= start and end <= span[1]), None)
        if special or kind is None:
            labels.append(0)
        else:
            labels.append(LABELS.index(f"{'B' if start == kind[0] else 'I'}-{kind[2]}"))
    return labels


def batch(tokenizer: Tokenizer, sentences) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    encodings = tokenizer.encode_batch([text for text, _ in sentences])
    longest = max(len(encoding.ids) for encoding in encodings)
    ids, mask, labels = (np.zeros((len(sentences), longest), np.int64) for _ in range(3))
    for row, (encoding, (_, spans)) in enumerate(zip(encodings, sentences, strict=True)):
        length = len(encoding.ids)
        ids[row, :length], mask[row, :length] = encoding.ids, 1
        labels[row, :length] = label(encoding, spans)
    return ids, mask, labels


def windows(x: np.ndarray) -> np.ndarray:
    """For each token those around it, side by side; nothing stands outside a row."""
    half = REACH // 2
    padded = np.pad(x, ((0, 0), (half, half), (0, 0)))
    return np.concatenate([padded[:, shift : shift + x.shape[1]] for shift in range(REACH)], axis=2)


def unwindow(d: np.ndarray, width: int) -> np.ndarray:
    """The gradient of `windows`."""
    half, tokens = REACH // 2, d.shape[1]
    padded = np.zeros((d.shape[0], tokens + 2 * half, width), d.dtype)
    for shift in range(REACH):
        padded[:, shift : shift + tokens] += d[:, :, shift * width : (shift + 1) * width]
    return padded[:, half : half + tokens]


def forward(w: dict[str, np.ndarray], ids: np.ndarray, mask: np.ndarray):
    keep = mask[:, :, None].astype(np.float32)
    x = w["table"][ids] * keep
    first = windows(x)
    h = np.maximum(first @ w["w1"] + w["b1"], 0) * keep
    second = windows(h)
    g = np.maximum(second @ w["w2"] + w["b2"], 0) * keep
    return x, first, h, second, g, g @ w["w3"] + w["b3"]


def gradients(w, ids, mask, labels):
    _x, first, h, second, g, logits = forward(w, ids, mask)
    scores = np.exp(logits - logits.max(axis=2, keepdims=True))
    scores /= scores.sum(axis=2, keepdims=True)
    scores[np.arange(len(ids))[:, None], np.arange(ids.shape[1]), labels] -= 1
    d = scores * mask[:, :, None] / mask.sum()
    flat = lambda a: a.reshape(-1, a.shape[-1])  # noqa: E731
    grad = {"w3": flat(g).T @ flat(d), "b3": flat(d).sum(0)}
    d = d @ w["w3"].T * (g > 0)
    grad |= {"w2": flat(second).T @ flat(d), "b2": flat(d).sum(0)}
    d = unwindow(d @ w["w2"].T, HIDDEN) * (h > 0)
    grad |= {"w1": flat(first).T @ flat(d), "b1": flat(d).sum(0)}
    d = unwindow(d @ w["w1"].T, WIDTH) * mask[:, :, None]
    grad["table"] = np.zeros_like(w["table"])
    np.add.at(grad["table"], ids.ravel(), flat(d))
    return grad


def train(tokenizer: Tokenizer, sentences) -> dict[str, np.ndarray]:
    """Adam (Kingma and Ba, 2015, arXiv:1412.6980) with a rate that falls to zero."""
    draw = np.random.default_rng(8)
    shapes = {
        "table": (tokenizer.get_vocab_size(), WIDTH),
        "w1": (REACH * WIDTH, HIDDEN),
        "w2": (REACH * HIDDEN, HIDDEN),
        "w3": (HIDDEN, len(LABELS)),
    }
    w = {
        name: draw.normal(0, (2 / shape[0]) ** 0.5, shape).astype(np.float32)
        for name, shape in shapes.items()
    }
    w["table"] = draw.normal(0, 0.3, shapes["table"]).astype(np.float32)
    w |= {
        "b1": np.zeros(HIDDEN, np.float32),
        "b2": np.zeros(HIDDEN, np.float32),
        "b3": np.zeros(len(LABELS), np.float32),
    }
    mean = {name: np.zeros_like(value) for name, value in w.items()}
    square = {name: np.zeros_like(value) for name, value in w.items()}
    for step in range(1, STEPS + 1):
        chosen = [sentences[place] for place in draw.integers(0, len(sentences), BATCH)]
        ids, mask, labels = batch(tokenizer, chosen)
        # A piece now and then is unknown, as pieces of other texts will be.
        ids = np.where((draw.random(ids.shape) < 0.03) & (ids > 3), 1, ids)
        rate = RATE * (1 - step / STEPS)
        for name, grad in gradients(w, ids, mask, labels).items():
            mean[name] += 0.1 * (grad - mean[name])
            square[name] += 0.001 * (grad**2 - square[name])
            fair = mean[name] / (1 - 0.9**step)
            w[name] -= rate * fair / (np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8)
    return w


def graph(w: dict[str, np.ndarray]):
    """The same as `forward`, as two convolutions."""
    kernel = lambda name, width: np.ascontiguousarray(  # noqa: E731
        w[name].reshape(REACH, width, HIDDEN).transpose(2, 1, 0)
    )
    weights = {
        "table": w["table"],
        "k1": kernel("w1", WIDTH),
        "b1": w["b1"],
        "k2": kernel("w2", HIDDEN),
        "b2": w["b2"],
        "w3": w["w3"],
        "b3": w["b3"],
        "axis": np.array([1]),
    }
    stored = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    half, node = REACH // 2, helper.make_node
    nodes = [
        node("Cast", ["attention_mask"], ["float_mask"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["float_mask", "axis"], ["keep"]),
        node("Gather", ["table", "input_ids"], ["embedded"]),
        node("Transpose", ["embedded"], ["turned"], perm=[0, 2, 1]),
        node("Mul", ["turned", "keep"], ["x"]),
        node("Conv", ["x", "k1", "b1"], ["c1"], pads=[half, half]),
        node("Relu", ["c1"], ["r1"]),
        node("Mul", ["r1", "keep"], ["h"]),
        node("Conv", ["h", "k2", "b2"], ["c2"], pads=[half, half]),
        node("Relu", ["c2"], ["r2"]),
        node("Transpose", ["r2"], ["g"], perm=[0, 2, 1]),
        node("MatMul", ["g", "w3"], ["scored"]),
        node("Add", ["scored", "b3"], ["logits"]),
    ]
    port = helper.make_tensor_value_info
    tokens = [
        port(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = port("logits", TensorProto.FLOAT, ["batch", "tokens", len(LABELS)])
    opset = [helper.make_opsetid("", 17)]
    made = helper.make_model(
        helper.make_graph(nodes, "names", tokens, [output], stored),
        opset_imports=opset,
        ir_version=8,
    )
    checker.check_model(made, full_check=True)
    return made


def spans_of(text: str, encoding, logits: np.ndarray) -> list[dict]:
    """Spans of whole words, each with the label of its first piece; see docs/manifest.md."""
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    found, open_word = [], None
    for token, (start, end), row, special in zip(
        encoding.tokens, encoding.offsets, scores, encoding.special_tokens_mask, strict=True
    ):
        if special:
            continue
        if token.startswith("##") and open_word:
            open_word["end"] = end
            continue
        best = int(row.argmax())
        open_word = {
            "label": LABELS[best],
            "scores": [float(row[best])],
            "start": start,
            "end": end,
        }
        found.append(open_word)
    merged = []
    for word in found:
        letter, _, name = word.pop("label").rpartition("-")
        word["label"] = name
        if merged and letter == "I" and merged[-1]["label"] == name:
            merged[-1]["end"] = word["end"]
            merged[-1]["scores"] += word["scores"]
        else:
            merged.append(word)
    named = [span for span in merged if span["label"] != "O"]
    return [
        {
            "label": s["label"],
            "start": s["start"],
            "end": s["end"],
            "score": float(np.mean(s["scores"])),
        }
        for s in named
    ]


def measure(session, tokenizer: Tokenizer, sentences) -> float:
    """F1 over spans: right are those of the right place and kind."""
    right = found = wanted = 0
    for text, spans in sentences:
        encoding = tokenizer.encode(text)
        ids = np.array([encoding.ids])
        logits = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        have = {(s["start"], s["end"], s["label"]) for s in spans_of(text, encoding, logits)}
        right, found, wanted = (
            right + len(have & set(spans)),
            found + len(have),
            wanted + len(spans),
        )
    return 2 * right / (found + wanted)


GOLDEN = [
    "Ada Lovelace met Charles Babbage in London.",
    "Siemens Group has hired Maria Fernández in Kraków.",
    "It rained all day, and nobody came.",
]

MANIFEST = """\
schema = 1

[package]
name = "names"
version = "1.0.0"
license = "MIT OR Apache-2.0"
description = "Finds people, places and organisations in plain English sentences."

[task]
kind = "token-classification"
labels = {labels}
aggregation = "first"

[tokenizer]
file = "tokenizer.json"
max_tokens = 256
overflow = "window"
stride = 32

[tokenizer.inputs]
ids = "input_ids"
attention_mask = "attention_mask"

[metrics]
held_out_f1 = {f1:.4f}
"""


def golden(session, tokenizer: Tokenizer) -> str:
    lines = []
    for text in GOLDEN:
        encoding = tokenizer.encode(text)
        ids = np.array([encoding.ids])
        logits = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        spans = spans_of(text, encoding, logits)
        if not spans:
            continue
        lines += [
            "",
            "[[golden]]",
            f"text = {json.dumps(text, ensure_ascii=False)}",
            "entities = [",
        ]
        for span in spans:
            place = f"start = {span['start']}, end = {span['end']}"
            score = f"score = {span['score']:.6f}"
            lines.append(f'  {{ label = "{span["label"]}", {place}, {score} }},')
        lines += ["]"]
    return "\n".join(lines) + "\n"


def main() -> None:
    seen, unseen = Writer(False, 1), Writer(True, 2)
    sentences = [seen.sentence() for _ in range(SENTENCES)]
    tokenizer = make_tokenizer([text for text, _ in sentences])
    w = train(tokenizer, sentences)
    PACKAGE.mkdir(exist_ok=True)
    tokenizer.save(str(PACKAGE / "tokenizer.json"), pretty=False)
    save_model(graph(w), PACKAGE / "model.onnx")
    session = onnxruntime.InferenceSession(PACKAGE / "model.onnx")
    ids, mask, _ = batch(tokenizer, sentences[:64])
    logits = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
    apart = np.abs(logits - forward(w, ids, mask)[-1])[mask == 1].max()
    f1 = measure(session, tokenizer, [unseen.sentence() for _ in range(1000)])
    print(f"numpy and ONNX Runtime differ by {apart:.2g}; F1 on unseen names and patterns {f1:.4f}")
    assert apart < 1e-3
    manifest = MANIFEST.format(labels=json.dumps(LABELS), f1=f1) + golden(session, tokenizer)
    (PACKAGE / "amaas.toml").write_text(manifest, encoding="utf-8")


if __name__ == "__main__":
    main()
