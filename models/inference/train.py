"""Trains the package `inference`: does a second text follow from the first, or contradict it?

    python -m pip install --requirement requirements.txt
    python train.py

It learns from two sources:

- Snippets of movie reviews that people rated, as `models/sentiment` fetches them, each with a
  sentence about its mood such as `This review is positive.` Which of them are held out is what
  `models/sentiment/held-out.tsv` says. Words that people rated, from the lexicon in the same
  archive, are read as snippets of one word. How strong a rating is says how sure the label is.
- Sentences that `grammar.py` makes up, which holds out pairs of nouns and verbs.

The number of steps is fixed beforehand, so that nothing is chosen on the held-out part. The model
is an ELECTRA (Clark et al., 2020, arXiv:2003.10555) of two layers that starts from nothing; queries
and keys start alike, so that each word looks at itself in the other text.
"""

import argparse
import os
import random
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import grammar
import numpy as np
import onnxruntime
import torch
from grammar import LABELS
from reviews import SLOPE, data, plain_pair, review_pair
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import ElectraConfig, ElectraModel, PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
HELD_OUT = HERE / "held-out.tsv"
SEED, STEPS, BATCH, PLAIN, RATE = 8, 5000, 16, 80, 2e-3
WORDS, WIDTH, MAX_TOKENS, SHOWN = 5000, 96, 96, 600
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
WORD_SHARE, BLANKED = 0.2, 0.2

MANIFEST = """\
schema = 1

[package]
name = "inference"
version = "1.0.0"
license = "MIT"
description = "Tells the mood of movie reviews, and what follows from plain sentences."

[task]
kind = "zero-shot-classification"
labels = ["contradiction", "neutral", "entailment"]

[tokenizer]
file = "tokenizer.json"
max_tokens = {most}
overflow = "truncate"

[tokenizer.inputs]
ids = "input_ids"
attention_mask = "attention_mask"
type_ids = "token_type_ids"

[metrics]
{metrics}

[[golden]]
text = "{text}"
expect = [{expect}]
tolerance = 1e-3
"""
GOLDEN = "A warm, funny and moving film, and one of the best of the year."


def tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Pieces of words, learned from the texts to train on."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=WORDS, min_frequency=2, special_tokens=special)
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]"}
    names |= {"sep_token": "[SEP]", "model_max_length": MAX_TOKENS}
    return PreTrainedTokenizerFast(tokenizer_object=made, **names)


class Judge(torch.nn.Module):
    """An encoder of both texts at once, and a judge of the means of either text's tokens."""

    def __init__(self, size: int) -> None:
        super().__init__()
        config = ElectraConfig(
            vocab_size=size,
            embedding_size=32,
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=2 * WIDTH,
            max_position_embeddings=MAX_TOKENS,
            initializer_range=0.1,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        self.encoder = ElectraModel(config)
        for layer in self.encoder.encoder.layer:
            attention = layer.attention.self
            attention.key.load_state_dict(attention.query.state_dict())
        self.mood = torch.nn.Linear(WIDTH, 1)
        self.mix = torch.nn.Linear(4 * WIDTH + 1, WIDTH)
        self.head = torch.nn.Linear(WIDTH, len(LABELS))

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.judge(input_ids, attention_mask, token_type_ids)[0]

    def judge(self, input_ids, attention_mask, token_type_ids):
        """The logits of the labels, and how good the mood of either text is."""
        states = self.encoder(input_ids, attention_mask, token_type_ids).last_hidden_state
        means = []
        for text in (0, 1):
            mask = (attention_mask * (token_type_ids == text)).unsqueeze(-1).to(states.dtype)
            means.append((states * mask).sum(1) / mask.sum(1).clamp(min=1.0))
        one, other = means
        moods = self.mood(one), self.mood(other)
        alike = torch.tanh(moods[0]) * torch.tanh(moods[1])
        both = torch.cat([one, other, one * other, (one - other).abs(), alike], 1)
        logits = self.head(torch.nn.functional.gelu(self.mix(both)))
        return logits, torch.cat(moods, 1)


def loss_of(model, tokens: PreTrainedTokenizerFast, pairs: list, blanked: float) -> torch.Tensor:
    """Of the labels, and of the moods, without which the labels of reviews are learned late."""
    firsts, seconds, targets, moods = zip(*pairs, strict=True)
    rows = tokens(firsts, seconds, padding=True, truncation=True, return_tensors="pt")
    ids, types = rows["input_ids"], rows["token_type_ids"]
    hidden = (torch.rand(ids.shape) < blanked) & (types == 0) & (ids > 3)
    rows["input_ids"] = ids.masked_fill(hidden, tokens.unk_token_id)
    logits, found = model.judge(**rows)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(targets))
    aside = torch.nn.functional.binary_cross_entropy_with_logits(found, torch.tensor(moods))
    return loss + aside


def moods_of_pieces(tokens: PreTrainedTokenizerFast, rated: list[tuple[str, float]]):
    """How good or bad each piece of a word is, by a regression over the pieces that texts have."""
    rows = tokens([text for text, _ in rated], add_special_tokens=False)["input_ids"]
    sure = torch.sigmoid(SLOPE * torch.tensor([rating for _, rating in rated]))
    weights = torch.nn.EmbeddingBag(len(tokens), 1, mode="sum")
    torch.nn.init.zeros_(weights.weight)
    adam = torch.optim.Adam(weights.parameters(), 1e-2)
    for _ in range(5):
        for places in torch.randperm(len(rows)).split(64):
            drawn = [rows[place] for place in places]
            starts = torch.tensor([0] + [len(row) for row in drawn[:-1]]).cumsum(0)
            logits = weights(torch.tensor([id for row in drawn for id in row]), starts)[:, 0]
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, sure[places])
            adam.zero_grad()
            loss.backward()
            adam.step()
    return weights.weight.detach()[:, 0]


def alike(source: random.Random, snippets: list, words: list) -> list[list]:
    """All snippets once and some of the words, in batches of about one length."""
    drawn = snippets + source.choices(words, k=round(len(snippets) * WORD_SHARE))
    drawn.sort(key=lambda rated: len(rated[0]) * source.uniform(0.8, 1.2))
    batches = [drawn[start : start + BATCH] for start in range(0, len(drawn), BATCH)]
    return source.sample(batches, len(batches))


def train(tokens: PreTrainedTokenizerFast, snippets: list, words: list, steps: int):
    torch.manual_seed(SEED)
    source = random.Random(SEED)
    model = Judge(len(tokens))
    moods = moods_of_pieces(tokens, snippets + words)
    with torch.no_grad():
        model.encoder.embeddings.word_embeddings.weight[:, 0] = 0.3 * moods / moods.std()
    adam = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.05)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=steps, pct_start=0.1)
    queue: list[list] = []
    for step in range(steps):
        if not queue:
            queue = alike(source, snippets, words)
        pairs = [review_pair(source, rated) for rated in queue.pop()]
        reviews = loss_of(model, tokens, pairs, BLANKED)
        plain = loss_of(model, tokens, [plain_pair(source) for _ in range(PLAIN)], 0.0)
        adam.zero_grad()
        (reviews + plain).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        pace.step()
        if step % 250 == 0:
            print(f"step {step}: loss {reviews:.4f} of reviews, {plain:.4f} plain", flush=True)
    return model.eval()


class Predictor:
    """The written graph, run through ONNX Runtime."""

    def __init__(self, path: Path, tokens: PreTrainedTokenizerFast) -> None:
        self.session, self.tokens = onnxruntime.InferenceSession(path), tokens

    def logits(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        found = []
        for start in range(0, len(pairs), 64):
            firsts, seconds = zip(*pairs[start : start + 64], strict=True)
            rows = self.tokens(firsts, seconds, padding=True, truncation=True, return_tensors="np")
            found.append(self.session.run(None, dict(rows))[0])
        return np.concatenate(found)

    def accuracy(self, pairs: list[tuple[str, str]], labels: list[str]) -> float:
        return float(np.mean([LABELS[n] for n in self.logits(pairs).argmax(1)] == np.array(labels)))

    def zero_shot(self, texts: list[str], labels: list[str], template: str) -> np.ndarray:
        """The score of each label for each text."""
        pairs = [(text, template.format(label)) for text in texts for label in labels]
        follows = np.exp(self.logits(pairs)[:, 2].reshape(len(texts), -1).astype(float))
        return follows / follows.sum(1, keepdims=True)


def measure(predictor: Predictor, held_out: list, plain: list) -> dict[str, float]:
    """What the manifest and the README say of the held-out part."""
    texts, signs = zip(*held_out, strict=True)
    found = {"plain_accuracy": predictor.accuracy([p[:2] for p in plain], [p[2] for p in plain])}
    moods = {"This review is positive.": 1, "This review is negative.": -1}
    pairs = [(text, mood) for text in texts for mood in moods]
    right = ["entailment" if s == m else "contradiction" for s in signs for m in moods.values()]
    found["review_accuracy"] = predictor.accuracy(pairs, right)
    for name, template in (
        ("zero_shot_accuracy", "This example is {}."),
        ("another_phrasing", "That is a {} opinion."),
    ):
        scores = predictor.zero_shot(list(texts), ["negative", "positive"], template)
        found[name] = float(np.mean(np.where(scores.argmax(1) == 1, 1, -1) == np.array(signs)))
    found["unrelated"] = predictor.accuracy(
        [(text, plain[n % len(plain)][1]) for n, text in enumerate(texts)], ["neutral"] * len(texts)
    )
    return found


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=STEPS)
    steps = arguments.parse_args().steps
    torch.set_num_threads(1)
    snippets, words, held_out = data()
    source = random.Random(SEED + 1)
    plain = [(*grammar.draw(source, name, True), name) for name in LABELS * (SHOWN // 3)]
    HELD_OUT.write_text("".join("\t".join(row) + "\n" for row in plain), encoding="utf-8")
    texts = [text for text, _ in snippets + words]
    texts += [part for _ in range(3000) for part in plain_pair(source)[:2]]
    tokens = tokenizer(texts)
    model = train(tokens, snippets, words, steps)
    write(model, tokens)
    predictor = Predictor(PACKAGE / "model.onnx", tokens)
    found = measure(predictor, held_out, plain)
    print("\n".join(f"{name} = {value:.4f}" for name, value in found.items()))
    scores = predictor.zero_shot([GOLDEN], ["positive", "negative"], "This example is {}.")[0]
    each = zip(("positive", "negative"), scores, strict=True)
    expect = ", ".join(f'{{ label = "{name}", score = {score:.6f} }}' for name, score in each)
    said = ("plain_accuracy", "review_accuracy", "zero_shot_accuracy")
    metrics = "\n".join(f"{name} = {found[name]:.4f}" for name in said)
    manifest = MANIFEST.format(most=MAX_TOKENS, metrics=metrics, text=GOLDEN, expect=expect)
    (PACKAGE / "amaas.toml").write_text(manifest, encoding="utf-8")


def write(model, tokens: PreTrainedTokenizerFast) -> None:
    """The graph and the tokenizer."""
    PACKAGE.mkdir(exist_ok=True)
    rows = tokens(["a", "a b"], ["c", "d"], padding=True, return_tensors="pt")
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS} | {"logits": {0: "batch"}}
    torch.onnx.export(
        model,
        tuple(rows[name] for name in INPUTS),
        PACKAGE / "model.onnx",
        input_names=INPUTS,
        output_names=["logits"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    backend = tokens.backend_tokenizer
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(PACKAGE / "tokenizer.json"))


if __name__ == "__main__":
    main()
