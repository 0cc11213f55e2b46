"""Trains the package `ranker`: which of some passages do a few words ask for?

    python -m pip install --requirement requirements.txt
    python train.py

The passages are the snippets of movie reviews that `models/sentiment` fetches. A query is made of a
passage: some of its words of content in another order, many of them with their ending cut off, and
at times one that is in another passage. It is to find its passage among others that share words
with it. Snippets that `models/sentiment/held-out.tsv` holds out are in no pair that is trained on;
the number of steps is fixed beforehand, so that nothing is chosen on the held-out part.

The model is an ELECTRA (Clark et al., 2020, arXiv:2003.10555) of two layers that starts from
nothing; queries and keys start alike, so that each word looks at itself in the other text.
"""

import argparse
import json
import os
import random
import re
import sys
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import numpy as np
import onnxruntime
import torch
from passages import Passages
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import ElectraConfig, ElectraModel, PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
SENTIMENT = HERE.parent / "sentiment"
HELD_OUT = HERE / "held-out.tsv"
SEED, STEPS, QUERIES, RATE = 8, 2500, 10, 2e-3
WORDS, WIDTH, MAX_TOKENS, SHOWN = 2000, 96, 96, 300
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
CANDIDATES, TRAINED = 10, 5  # passages for one query: held out, and in training

MANIFEST = """\
schema = 1

[package]
name = "ranker"
version = "1.0.0"
license = "MIT"
description = "Ranks snippets of movie reviews by how well they fit a few words."

[task]
kind = "text-ranking"
function_to_apply = "sigmoid"

[tokenizer]
file = "tokenizer.json"
max_tokens = {most}
overflow = "truncate"
pair_truncation = "only-second"

[tokenizer.inputs]
ids = "input_ids"
attention_mask = "attention_mask"
type_ids = "token_type_ids"

[metrics]
{metrics}

[[golden]]
text = "{query}"
documents = {documents}
scores = [{scores}]
tolerance = 1e-3
"""
QUERY = "moving performance sister"
DOCUMENTS = (
    "Two sisters meet again after many years, and both performances are moving.",
    "The performances are stiff, and the jokes are old.",
    "A chase across the roofs of a city that never sleeps.",
)


def data() -> tuple[Passages, Passages, list[str]]:
    """Snippets to train on, those that are held out, and the ids of these."""
    sys.path.append(str(SENTIMENT))
    from source import fetch_source, snippet_rows

    lines = (SENTIMENT / "held-out.tsv").read_text(encoding="utf-8").splitlines()[1:]
    ids = [line.split("\t")[0] for line in lines]
    held_out = set(ids)
    rows = snippet_rows(fetch_source())
    trained = Passages([text for id, _, text in rows if id not in held_out])
    return trained, Passages([line.split("\t")[2] for line in lines]), ids


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
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", model_max_length=MAX_TOKENS
    )


class Judge(torch.nn.Module):
    """An encoder of both texts at once, and a judge of the means of either text's tokens."""

    def __init__(self, size: int) -> None:
        super().__init__()
        config = ElectraConfig(
            vocab_size=size,
            embedding_size=64,
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=WIDTH,
            max_position_embeddings=MAX_TOKENS,
            initializer_range=0.1,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        self.encoder = ElectraModel(config)
        with torch.no_grad():
            self.encoder.embeddings.position_embeddings.weight *= 0.1
        for layer in self.encoder.encoder.layer:
            attention = layer.attention.self
            attention.key.load_state_dict(attention.query.state_dict())
        self.mix, self.head = torch.nn.Linear(2 * WIDTH, WIDTH), torch.nn.Linear(WIDTH, 1)

    def forward(self, input_ids, attention_mask, token_type_ids):
        states = self.encoder(input_ids, attention_mask, token_type_ids).last_hidden_state
        means = []
        for text in (0, 1):
            mask = (attention_mask * (token_type_ids == text)).unsqueeze(-1).to(states.dtype)
            means.append((states * mask).sum(1) / mask.sum(1).clamp(min=1.0))
        return self.head(torch.nn.functional.gelu(self.mix(torch.cat(means, 1))))


def train(tokens: PreTrainedTokenizerFast, passages: Passages, steps: int) -> Judge:
    torch.manual_seed(SEED)
    source = random.Random(SEED)
    model = Judge(len(tokens))
    adam = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=steps, pct_start=0.1)
    first = torch.zeros(QUERIES, dtype=torch.int64)
    right = torch.nn.functional.one_hot(first, TRAINED).float()
    for step in range(steps):
        asked, read = [], []
        for _ in range(QUERIES):
            query, places = passages.draw(source, source.choice(passages.usable), TRAINED)
            asked += [query] * TRAINED
            read += [passages.texts[place] for place in places]
        rows = tokens(asked, read, padding=True, truncation="only_second", return_tensors="pt")
        scores = model(**rows).view(QUERIES, TRAINED)
        loss = torch.nn.functional.cross_entropy(scores, first)
        loss = loss + torch.nn.functional.binary_cross_entropy_with_logits(scores, right)
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        pace.step()
        if step % 250 == 0:
            print(f"step {step}: loss {loss:.4f}", flush=True)
    return model.eval()


class Predictor:
    """The written graph, run through ONNX Runtime."""

    def __init__(self, path: Path, tokens: PreTrainedTokenizerFast) -> None:
        self.session, self.tokens = onnxruntime.InferenceSession(path), tokens

    def scores(self, query: str, texts: list[str]) -> np.ndarray:
        rows = self.tokens(
            [query] * len(texts), texts, padding=True, truncation="only_second", return_tensors="np"
        )
        logits = self.session.run(None, {name: rows[name] for name in INPUTS})[0][:, 0]
        return 1 / (1 + np.exp(-logits.astype(float)))


def figures(scores: list[np.ndarray]) -> tuple[float, float]:
    """How often the first document is the best, and the mean of 1 over its place.

    Chance decides between equal scores: no merit is in a score that is the same for all.
    """
    before = [(row[1:] > row[0]).sum() for row in scores]
    beside = [(row[1:] == row[0]).sum() for row in scores]
    pairs = list(zip(before, beside, strict=True))
    best = [1 / (1 + ties) if more == 0 else 0.0 for more, ties in pairs]
    turned = [np.mean([1 / (1 + more + n) for n in range(ties + 1)]) for more, ties in pairs]
    return float(np.mean(best)), float(np.mean(turned))


def overlap(query: str, text: str, length: int | None) -> int:
    """How many words of the query, or their first letters alone, are in the text."""
    having = {word[:length] for word in re.findall(r"[a-z']+", text.lower())}
    return sum(word[:length] in having for word in set(query.split()))


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=STEPS)
    steps = arguments.parse_args().steps
    torch.set_num_threads(1)
    passages, others, ids = data()
    source = random.Random(SEED + 1)
    held_out = []
    for place in source.sample(others.usable, SHOWN):
        query, places = others.draw(source, place, CANDIDATES)
        held_out.append((query, places))
    rows = ["\t".join([query, *(ids[place] for place in places)]) for query, places in held_out]
    HELD_OUT.write_text("\n".join(rows) + "\n", encoding="utf-8")
    tokens = tokenizer(passages.texts)
    model = train(tokens, passages, steps)
    write(model, tokens)
    predictor = Predictor(PACKAGE / "model.onnx", tokens)
    read = [(query, [others.texts[place] for place in places]) for query, places in held_out]
    best, turned = figures([predictor.scores(query, texts) for query, texts in read])
    print(f"ranker: accuracy at 1 {best:.4f}, mean reciprocal rank {turned:.4f}")
    for name, length in (("words", None), ("first four letters", 4)):
        counts = [
            np.array([overlap(query, text, length) for text in texts]) for query, texts in read
        ]
        one, mean = figures(counts)
        print(f"overlap of {name}: accuracy at 1 {one:.4f}, mean reciprocal rank {mean:.4f}")
    scores = predictor.scores(QUERY, list(DOCUMENTS))
    manifest = MANIFEST.format(
        most=MAX_TOKENS,
        metrics=f"accuracy_at_1 = {best:.4f}\nmean_reciprocal_rank = {turned:.4f}",
        query=QUERY,
        documents=json.dumps(DOCUMENTS),
        scores=", ".join(f"{score:.6f}" for score in scores),
    )
    (PACKAGE / "amaas.toml").write_text(manifest, encoding="utf-8")


def write(model: Judge, tokens: PreTrainedTokenizerFast) -> None:
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
