"""Train the two `sentiment` packages that amaas ships as its worked example.

The story, in the order in which `main` tells it:

1. Fetch one small archive of movie-review snippets, each rated by people, and check its digest.
2. Split the snippets into training, validation and held-out parts. No text is in two parts.
3. Version 1.0.0 is the classic Keras example: word ids, an embedding, an LSTM, a sigmoid. Its
   tokenizer is rebuilt as a `tokenizer.json` and compared with Keras, id by id.
4. Version 1.1.0 keeps the task and changes everything else: two small convolutional networks and
   a bag of words and word pairs vote, any length goes in, and two logits come out.
5. Each model is exported to ONNX, compared with Keras, measured on the held-out part through ONNX
   Runtime, and written as a package folder with its manifest.

The number of epochs is chosen on the validation part alone. Run it with

    python -m pip install --requirement requirements.txt
    python train.py
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from keras import layers, ops
from source import LEXICON_MEMBER, fetch_source, read_member, snippet_rows
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.preprocessing.text import Tokenizer as KerasTokenizer
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

HERE = Path(__file__).resolve().parent

SEED = 2014
HELD_OUT_SIZE = 1_800
VALIDATION_SIZE = 1_000
BATCH_SIZE = 64
MAX_EPOCHS = 10
PATIENCE = 2

KERAS_WORDS = 10_000
KERAS_LENGTH = 100
KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
WORD_MARK = "_"  # one of the filtered characters, so that no filtered text can contain it

EMBEDDING_WIDTH = 32
CONVOLUTION_WIDTH = 64
CONVOLUTION_LENGTHS = (1, 2, 3)
CONVOLUTIONAL_MEMBERS = 2
PAIR_BUCKETS = 2**17
PAIR_FACTORS = (31, 7919)
LOG_RATIO_SCALE = 0.3
RATING_SLOPE = 1.5  # how fast a rating away from zero becomes a confident target

OPSET = 17
LABELS = ("negative", "positive")
EXPORT_TOLERANCE = 1e-5
FIXTURE_SIZE = 1_000
FIXTURE_PADDED = 50

GOLDEN_SHORT = "Wonderful!"
GOLDEN_POSITIVE = "A warm, funny and moving film, and one of the best of the year."
GOLDEN_NEGATIVE = "The plot is a mess, the jokes fall flat and I wanted my money back."
GOLDEN_LONG = (
    "I went in hoping for the best, because the director made two pictures that I still love, and "
    "because the first ten minutes are as lovely as anything he has done. Then the story begins, "
    "and nothing works any more. The hero walks from one empty room to the next, people whom we "
    "never got to know say goodbye to one another, and a very loud orchestra tells us what we "
    "ought to feel about it. There is a chase in the middle which seems to last an hour. There is "
    "a wedding, for no reason that I could find, and there is a dog that vanishes after the first "
    "act without a word from anybody. By the end the friend who came with me was asleep, and I was "
    "counting the lamps on the ceiling. It is dull, it is far too long, and worst of all it is "
    "lifeless. What a sad waste of time and talent."
)
GOLDEN_TEXTS = (GOLDEN_SHORT, GOLDEN_POSITIVE, GOLDEN_NEGATIVE, GOLDEN_LONG)

NASTY_TEXTS = (
    "",
    " ",
    "   ",
    "\t",
    "\n",
    "\r\n",
    "\t\n\t\n",
    "!",
    "?!?!...",
    KERAS_FILTERS,
    "'",
    "''''",
    "_",
    "__film__",
    "_the_film_",
    "the_film",
    "▁the▁film",
    "▁ the film",
    "Ġthe Ġfilm",
    "the\tfilm\nwas\tgood",
    "the\rfilm",
    "the film\r\nwas good\r\n",
    "the\x0bfilm",
    "the\x0cfilm",
    "the\u00a0film",
    "the\u2003film was\u2028good",
    "the\u200bfilm",
    "\ufeffthe film",
    "the\x00film was good",
    "don't can't won't it's",
    "don’t can’t won’t it’s",
    "'good' ''good'' \"good\"",
    "good--bad good-bad good/bad",
    "good,bad;good:bad.good",
    "GOOD Good gOOd",
    "clichés CLICHÉS cliche\u0301s",
    "İstanbul ISTANBUL ıstanbul",
    "Straße STRASSE ẞ",
    "K the K film",
    "ﬁlm FILM film",
    "film 映画 фильм ФИЛЬМ فيلم",
    "ΟΔΟΣ the ΟΔΟΣ film Σ",
    "😀 the 😀film film😀 👨‍👩‍👧",
    "qzxv wvutz plomf",
    "zzzzqq",
    "x" * 5_000,
    "1 2 3 1000 2002 3d 3 d",
    "  the   film  ",
    "the " * 400,
    "good bad " * 60 + "superb",
    "é",
    "a",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
)


@dataclass(frozen=True)
class Snippet:
    """One rated piece of a movie review."""

    id: str
    rating: float
    text: str

    @property
    def label(self) -> int:
        return int(self.rating > 0)


@dataclass(frozen=True)
class Split:
    """The three parts of the data, disjoint by text."""

    training: list[Snippet]
    validation: list[Snippet]
    held_out: list[Snippet]


@dataclass(frozen=True)
class Package:
    """Everything about a package that its manifest says, metrics and examples apart."""

    version: str
    description: str
    output: str
    function_to_apply: str
    max_tokens: int
    padding: str
    side: str
    has_attention_mask: bool

    @property
    def folder(self) -> Path:
        return HERE / self.version


CLASSIC = Package(
    version="1.0.0",
    description="Says whether a movie-review snippet is positive, with a Keras LSTM over word ids.",
    output="probability",
    function_to_apply="none",
    max_tokens=KERAS_LENGTH,
    padding="fixed",
    side="left",
    has_attention_mask=False,
)

VOTING = Package(
    version="1.1.0",
    description="Says whether a movie-review snippet is positive, by a vote of two convolutional "
    "networks and a bag of words and word pairs.",
    output="logits",
    function_to_apply="softmax",
    max_tokens=128,
    padding="longest",
    side="right",
    has_attention_mask=True,
)


# --- Data ----------------------------------------------------------------------------------------


def read_snippets(source: bytes) -> list[Snippet]:
    """Return the movie-review snippets whose mean rating is not exactly zero."""
    snippets = (Snippet(id, float(rating), text) for id, rating, text in snippet_rows(source))
    return [snippet for snippet in snippets if snippet.rating != 0]


def read_lexicon(source: bytes) -> dict[str, float]:
    """Return the word ratings of the VADER lexicon, from -4 to 4."""
    lines = read_member(source, LEXICON_MEMBER).decode("utf-8").splitlines()
    columns = (line.split("\t") for line in lines if line.strip())
    return {word: float(rating) for word, rating, *_ in columns}


def split_by_text(snippets: Sequence[Snippet]) -> Split:
    """Shuffle and split, keeping together the snippets that differ only in case or punctuation."""
    groups: dict[tuple[str, ...], list[Snippet]] = {}
    for snippet in snippets:
        words = "".join(c if c.isalnum() else " " for c in snippet.text.lower()).split()
        groups.setdefault(tuple(words), []).append(snippet)
    shuffled = list(groups.values())
    random.Random(SEED).shuffle(shuffled)
    parts: tuple[list[Snippet], ...] = ([], [], [])
    for group in shuffled:
        held_out_full = len(parts[0]) >= HELD_OUT_SIZE
        validation_full = len(parts[1]) >= VALIDATION_SIZE
        parts[int(held_out_full) + int(held_out_full and validation_full)].extend(group)
    held_out, validation, training = parts
    return Split(training, validation, held_out)


def texts_of(snippets: Iterable[Snippet]) -> list[str]:
    return [snippet.text for snippet in snippets]


def labels_of(snippets: Iterable[Snippet]) -> np.ndarray:
    return np.array([snippet.label for snippet in snippets], dtype=np.float32)


def write_held_out(held_out: Sequence[Snippet]) -> None:
    """Write the held-out part as the table that tests and users of the packages read."""
    rows = [f"{snippet.id}\t{LABELS[snippet.label]}\t{snippet.text}\n" for snippet in held_out]
    if any(row.count("\t") != 2 or len(row.splitlines()) != 1 for row in rows):
        raise SystemExit("a held-out text contains a tab or a line break")
    content = "id\tlabel\ttext\n" + "".join(rows)
    (HERE / "held-out.tsv").write_text(content, encoding="utf-8", newline="\n")


# --- Tokenizers ----------------------------------------------------------------------------------


def keras_tokenizer(texts: Sequence[str]) -> KerasTokenizer:
    tokenizer = KerasTokenizer(num_words=KERAS_WORDS, filters=KERAS_FILTERS)
    tokenizer.fit_on_texts(texts)
    return tokenizer


def portable_tokenizer(original: KerasTokenizer) -> Tokenizer:
    """Rebuild a fitted Keras tokenizer as a `tokenizer.json` that gives the same ids.

    Keras drops the words that it does not know. Here every word begins with a mark and the
    vocabulary holds only whole marked words, so an unknown word falls apart into characters that
    are no tokens, and a model without an unknown token drops these.
    """
    kept = {word: id for word, id in original.word_index.items() if id < KERAS_WORDS}
    vocabulary = {WORD_MARK + word: id for word, id in kept.items()}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], ignore_merges=True))
    filtered = "".join(f"\\{c}" if c in "[\\]^-" else c for c in KERAS_FILTERS)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex(f"[{filtered}]"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=WORD_MARK, prepend_scheme="always", split=True
    )
    check_lowercase("".join(kept))
    return tokenizer


def check_lowercase(alphabet: str) -> None:
    """Fail if a difference between Python's and the tokenizer's lower case could change an id.

    The two disagree about the Greek final sigma and about letters newer than Python's Unicode.
    That is harmless as long as both results hold a character that occurs in no known word, for
    then the word is unknown on both sides and both drop it.
    """
    known = set(alphabet)
    lowercase = normalizers.Lowercase()
    everything = (chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF)
    for character in everything:
        ours, theirs = lowercase.normalize_str(character), character.lower()
        if ours != theirs and (set(ours) <= known or set(theirs) <= known):
            raise SystemExit(f"lower case of {character!r} differs and would change ids")
    if known & set("σς"):
        raise SystemExit("a known word contains a sigma, whose lower case depends on its place")


def write_keras_fixture(original: KerasTokenizer, portable: Tokenizer, split: Split) -> None:
    """Record Keras's own ids for a thousand texts, once the portable tokenizer agrees on them."""
    ordinary = FIXTURE_SIZE - len(NASTY_TEXTS) - len(GOLDEN_TEXTS)
    real = texts_of(split.held_out[: ordinary // 2])
    real += texts_of(split.training[: ordinary - len(real)])
    texts = [*NASTY_TEXTS, *GOLDEN_TEXTS, *real]
    everything = split.training + split.validation + split.held_out
    compare_with_keras(original, portable, texts_of(everything))
    ids = compare_with_keras(original, portable, texts)
    padded = pad_sequences(ids[:FIXTURE_PADDED], maxlen=KERAS_LENGTH)
    ours = encode(CLASSIC, portable, texts[:FIXTURE_PADDED])["input_ids"]
    if not np.array_equal(ours, padded):
        raise SystemExit("padding differs from that of Keras")
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        for name, rows in (("texts", texts), ("ids", ids), ("padded", padded.tolist()))
    ]
    (HERE / "keras-ids.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def compare_with_keras(
    original: KerasTokenizer, portable: Tokenizer, texts: Sequence[str]
) -> list[list[int]]:
    """Return Keras's ids for the texts; fail if the portable tokenizer gives any others."""
    portable.no_padding()
    portable.no_truncation()
    ids = original.texts_to_sequences(texts)
    for text, theirs, ours in zip(texts, ids, portable.encode_batch(texts), strict=True):
        if ours.ids != theirs:
            raise SystemExit(f"ids differ for {text!r}: Keras {theirs}, tokenizer {ours.ids}")
    return ids


def word_tokenizer(texts: Sequence[str], lexicon: dict[str, float]) -> Tokenizer:
    """Return a tokenizer for the words that occur twice in the texts or once in the lexicon."""
    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(r"[\w']+|[!?,.]"), behavior="removed", invert=True
    )
    counts = Counter(word for text in texts for word in split_words(tokenizer, text))
    for word in lexicon:
        if split_words(tokenizer, word) == [word]:
            counts[word] += 2
    frequent = [word for word, count in counts.most_common() if count >= 2]
    vocabulary = {word: id for id, word in enumerate(["[PAD]", "[UNK]", *frequent])}
    tokenizer.model = models.WordLevel(vocabulary, unk_token="[UNK]")
    return tokenizer


def split_words(tokenizer: Tokenizer, text: str) -> list[str]:
    normal = tokenizer.normalizer.normalize_str(text)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


def encode(package: Package, tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the graph inputs for the texts, cut and padded as the package's manifest says."""
    tokenizer.enable_truncation(package.max_tokens, direction=package.side)
    length = package.max_tokens if package.padding == "fixed" else None
    tokenizer.enable_padding(direction=package.side, pad_id=0, length=length)
    encodings = tokenizer.encode_batch(list(texts))
    dtype = np.int64 if package.has_attention_mask else np.int32
    inputs = {"input_ids": np.array([encoding.ids for encoding in encodings], dtype)}
    if package.has_attention_mask:
        masks = [encoding.attention_mask for encoding in encodings]
        inputs["attention_mask"] = np.array(masks, dtype)
    return inputs


# --- Version 1.0.0 -------------------------------------------------------------------------------


def classic_model() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((KERAS_LENGTH,), dtype="int32", name="input_ids"),
            layers.Embedding(KERAS_WORDS, 64),
            layers.LSTM(64),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def train_classic(tokenizer: Tokenizer, split: Split) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    model = classic_model()
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    training, validation = (
        (encode(CLASSIC, tokenizer, texts_of(part))["input_ids"], labels_of(part))
        for part in (split.training, split.validation)
    )
    fit(model, training, validation)
    return model


def fit(model: keras.Model, training: tuple, validation: tuple) -> None:
    """Train until the validation loss stops falling, and go back to the best epoch."""
    stop = keras.callbacks.EarlyStopping("val_loss", patience=PATIENCE, restore_best_weights=True)
    model.fit(
        *training,
        validation_data=validation,
        epochs=MAX_EPOCHS,
        batch_size=BATCH_SIZE,
        callbacks=[stop],
        verbose=2,
    )


# --- Version 1.1.0 -------------------------------------------------------------------------------


def hash_pairs(ids: np.ndarray | keras.KerasTensor) -> np.ndarray | keras.KerasTensor:
    """Return the bucket of every pair of neighbours; works for arrays and for Keras tensors."""
    first, second = PAIR_FACTORS
    return (ids[:, :-1] * first + ids[:, 1:] * second) % PAIR_BUCKETS


def log_count_ratios(ids: np.ndarray, labels: np.ndarray, size: int) -> np.ndarray:
    """Return how much likelier each id is in a positive text than in a negative one, as a log."""
    counts = np.ones((2, size))
    for row, label in zip(ids, labels.astype(int), strict=True):
        counts[label, np.unique(row)] += 1
    frequencies = counts / counts.sum(axis=1, keepdims=True)
    return np.log(frequencies[1] / frequencies[0])


def table(values: np.ndarray) -> layers.Embedding:
    """Return a trainable table of row vectors that starts from the given values."""
    initializer = keras.initializers.Constant(values.astype(np.float32))
    return layers.Embedding(*values.shape, embeddings_initializer=initializer)


def lexicon_embedding(
    vocabulary: dict[str, int], lexicon: dict[str, float], seed: int
) -> layers.Embedding:
    """Return random word vectors whose first number is the word's rating in the lexicon."""
    values = np.random.default_rng(seed).uniform(-0.1, 0.1, (len(vocabulary), EMBEDDING_WIDTH))
    for word, id in vocabulary.items():
        values[id, 0] = lexicon.get(word, 0.0) / 4
    return table(values)


def convolutional_member(
    ids: keras.KerasTensor, live: keras.KerasTensor, embedding: layers.Embedding
) -> keras.KerasTensor:
    """Return the logit of a convolutional network that looks for telling phrases."""
    mask = ops.expand_dims(live, -1)
    words = layers.SpatialDropout1D(0.3)(embedding(ids) * mask)
    features = [ops.sum(words, axis=1) / ops.maximum(ops.sum(mask, axis=1), 1.0)]
    for length in CONVOLUTION_LENGTHS:
        convolution = layers.Conv1D(CONVOLUTION_WIDTH, length, padding="same", activation="relu")
        features.append(ops.max(convolution(words) * mask, axis=1))
    return layers.Dense(1)(layers.Dropout(0.5)(layers.Concatenate()(features)))


def counting_member(
    ids: keras.KerasTensor,
    live: keras.KerasTensor,
    words: layers.Embedding,
    pairs: layers.Embedding,
) -> keras.KerasTensor:
    """Return the logit of a weighted count of words and pairs of neighbouring words."""
    of_words = ops.sum(words(ids)[:, :, 0] * live, axis=1, keepdims=True)
    both_live = live[:, :-1] * live[:, 1:]
    of_pairs = ops.sum(pairs(hash_pairs(ids))[:, :, 0] * both_live, axis=1, keepdims=True)
    return layers.Dense(1, kernel_initializer="ones")(of_words + of_pairs)


def voting_models(
    tokenizer: Tokenizer, lexicon: dict[str, float], ids: np.ndarray, labels: np.ndarray
) -> tuple[keras.Model, keras.Model]:
    """Return the model that is trained (every member's logit) and the one that is exported."""
    vocabulary = tokenizer.get_vocab()
    input_ids = layers.Input((None,), dtype="int64", name="input_ids")
    attention_mask = layers.Input((None,), dtype="int64", name="attention_mask")
    # One masked column more lets a text without any token through, and gives the last word a pair.
    padded_ids = ops.pad(input_ids * attention_mask, ((0, 0), (0, 1)))
    live = ops.cast(ops.pad(attention_mask, ((0, 0), (0, 1))), "float32")

    convolutional = [
        convolutional_member(padded_ids, live, lexicon_embedding(vocabulary, lexicon, SEED + index))
        for index in range(CONVOLUTIONAL_MEMBERS)
    ]
    word_ratios = log_count_ratios(ids, labels, len(vocabulary))
    pair_ratios = log_count_ratios(hash_pairs(ids), labels, PAIR_BUCKETS)
    words, pairs = (
        table(LOG_RATIO_SCALE * ratios[:, None]) for ratios in (word_ratios, pair_ratios)
    )
    counting = counting_member(padded_ids, live, words, pairs)

    # The counting member weighs as much as the convolutional ones together. Softmax looks at the
    # difference of two logits, so each class gets half of the vote, with opposite signs.
    half = (layers.Average()(convolutional) + counting) / 4
    inputs = [input_ids, attention_mask]
    members = keras.Model(inputs, layers.Concatenate()([*convolutional, counting]))
    return members, keras.Model(inputs, ops.concatenate([-half, half], axis=1))


def train_voting(tokenizer: Tokenizer, lexicon: dict[str, float], split: Split) -> keras.Model:
    """Train every member on how strongly people rated a snippet, not only on the sign of that."""
    keras.utils.set_random_seed(SEED)
    inputs, targets = {}, {}
    for name, part in (("training", split.training), ("validation", split.validation)):
        inputs[name] = encode(VOTING, tokenizer, texts_of(part))
        ratings = np.array([[snippet.rating] for snippet in part], np.float32)
        confidence = 1 / (1 + np.exp(-RATING_SLOPE * ratings))
        targets[name] = np.repeat(confidence, CONVOLUTIONAL_MEMBERS + 1, axis=1)
    ids, labels = inputs["training"]["input_ids"], labels_of(split.training)
    members, model = voting_models(tokenizer, lexicon, ids, labels)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    members.compile("adam", loss)
    training, validation = ((inputs[n], targets[n]) for n in ("training", "validation"))
    fit(members, training, validation)
    return model


# --- Export and measurement ----------------------------------------------------------------------


def export(package: Package, model: keras.Model, tokenizer: Tokenizer) -> None:
    """Write the package's graph, with readable names, and its tokenizer."""
    package.folder.mkdir(exist_ok=True)
    path = package.folder / "model.onnx"
    model.export(path, format="onnx", opset_version=OPSET, verbose=False)
    proto = onnx.load(path)
    rename_output(proto.graph, package.output)
    for value in (*proto.graph.input, *proto.graph.output):
        dimensions = value.type.tensor_type.shape.dim
        dimensions[0].dim_param = "batch"
        if not dimensions[1].dim_value:
            dimensions[1].dim_param = "sequence"
    del proto.graph.value_info[:]
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(package.folder / "tokenizer.json"))


def rename_output(graph: onnx.GraphProto, name: str) -> None:
    (output,) = graph.output
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [name if old == output.name else old for old in names]
    output.name = name


class Predictor:
    """A package as its user sees it: the written files, run through ONNX Runtime."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.tokenizer = Tokenizer.from_file(str(package.folder / "tokenizer.json"))
        self.session = onnxruntime.InferenceSession(package.folder / "model.onnx")

    def run(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        return self.session.run([self.package.output], inputs)[0]

    def positive(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probability that each text is positive."""
        return self.probability(self.run(encode(self.package, self.tokenizer, texts)))

    def probability(self, scores: np.ndarray) -> np.ndarray:
        if self.package.function_to_apply == "none":
            return scores[:, 0]
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        return exponentials[:, 1] / exponentials.sum(axis=1)

    def accuracy(self, snippets: Sequence[Snippet]) -> float:
        predicted = self.positive(texts_of(snippets)) >= 0.5
        return float(np.mean(predicted == labels_of(snippets)))


def check_export(predictor: Predictor, inputs: dict[str, np.ndarray], expected: np.ndarray) -> None:
    """Fail if the exported graph and Keras disagree."""
    difference = float(np.abs(predictor.run(inputs) - expected).max())
    print(f"{predictor.package.version}: largest difference from Keras {difference:.1e}")
    if difference >= EXPORT_TOLERANCE:
        raise SystemExit("the exported graph differs from Keras")


def check_padding(predictor: Predictor, texts: Sequence[str]) -> None:
    """Fail if a text's answer depends on padding or on the texts that share its batch."""
    together = predictor.positive(texts)
    alone = np.concatenate([predictor.positive([text]) for text in texts])
    inputs = encode(predictor.package, predictor.tokenizer, texts)
    shifted = {name: np.pad(array, ((0, 0), (7, 9))) for name, array in inputs.items()}
    for other in (alone, predictor.probability(predictor.run(shifted))):
        if np.abs(together - other).max() >= EXPORT_TOLERANCE:
            raise SystemExit("padding changes an answer")
    print(f"{predictor.package.version}: padding changes no answer")


def toml_string(text: str) -> str:
    """Return the text as a TOML string; JSON's escapes are TOML's for plain printable text."""
    if not (text.isprintable() and text.isascii()):
        raise SystemExit(f"no plain printable text: {text!r}")
    return json.dumps(text)


def golden_example(predictor: Predictor, text: str) -> str:
    probability = float(predictor.positive([text])[0])
    score = max(probability, 1 - probability)
    label = LABELS[int(probability >= 0.5)]
    return (
        "[[golden]]\n"
        f"text = {toml_string(text)}\n"
        f'expect = [{{ label = "{label}", score = {score:.7f} }}]\n'
        "tolerance = 1e-4\n"
    )


def write_manifest(predictor: Predictor, accuracy: float) -> None:
    package = predictor.package
    mask = 'attention_mask = "attention_mask"\n' if package.has_attention_mask else ""
    manifest = f"""\
schema = 1

[package]
name = "sentiment"
version = "{package.version}"
license = "MIT OR Apache-2.0"
description = {toml_string(package.description)}

[model]
file = "model.onnx"

[task]
kind = "text-classification"
labels = {json.dumps(LABELS)}
function_to_apply = "{package.function_to_apply}"
output = "{package.output}"

[tokenizer]
file = "tokenizer.json"
max_tokens = {package.max_tokens}
overflow = "truncate"
padding = "{package.padding}"
padding_side = "{package.side}"
truncation_side = "{package.side}"
pad_id = 0

[tokenizer.inputs]
ids = "input_ids"
{mask}
[batching]
max_rows = 64

[metrics]
accuracy = {accuracy:.4f}

"""
    examples = [golden_example(predictor, text) for text in GOLDEN_TEXTS]
    path = package.folder / "amaas.toml"
    path.write_text(manifest + "\n".join(examples), encoding="utf-8")


def finish(package: Package, model: keras.Model, tokenizer: Tokenizer, split: Split) -> float:
    """Export a trained model, check it, write its manifest and return its held-out accuracy."""
    inputs = encode(package, tokenizer, texts_of(split.held_out))
    expected = model.predict(inputs, verbose=0)
    export(package, model, tokenizer)
    predictor = Predictor(package)
    check_export(predictor, inputs, expected)
    if package.has_attention_mask:
        check_padding(predictor, ["", *GOLDEN_TEXTS, *texts_of(split.held_out[:200])])
    for name, part in vars(split).items():
        print(f"{package.version}: accuracy on {name} {predictor.accuracy(part):.4f}")
    accuracy = predictor.accuracy(split.held_out)
    write_manifest(predictor, accuracy)
    return accuracy


def main() -> None:
    tf.config.experimental.enable_op_determinism()
    source = fetch_source()
    split = split_by_text(read_snippets(source))
    write_held_out(split.held_out)

    original = keras_tokenizer(texts_of(split.training))
    portable = portable_tokenizer(original)
    write_keras_fixture(original, portable, split)
    classic_accuracy = finish(CLASSIC, train_classic(portable, split), portable, split)

    lexicon = read_lexicon(source)
    words = word_tokenizer(texts_of(split.training), lexicon)
    voting_accuracy = finish(VOTING, train_voting(words, lexicon, split), words, split)

    if not 0.72 <= classic_accuracy < voting_accuracy:
        raise SystemExit("the accuracies are not what the packages promise")


if __name__ == "__main__":
    main()
