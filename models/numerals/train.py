"""Trains the package `numerals`: an encoder and a decoder that write out numbers in English words.

    python -m pip install --requirement requirements.txt
    python train.py

The numbers are those of 0 to 999,999: a token for each digit goes in, one for each word comes out.
Of the numbers from 1,000 on those whose SHA-256 begins with a byte below 26, a tenth of them, are
held out; the number of steps is fixed beforehand, so that nothing is chosen on the held-out part.

The model is a T5 (Raffel et al., 2020, arXiv:1910.10683) of two layers a side, trained with
`transformers` and exported by Optimum: an encoder, and a decoder with two branches, one without a
cache to read and one with it.
"""

import argparse
import hashlib
import random
import shutil
import tempfile
from pathlib import Path

import torch
from optimum.exporters.onnx import main_export
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
FILES = ("encoder_model.onnx", "decoder_model_merged.onnx", "tokenizer.json")
HELD_OUT = HERE / "held-out.tsv"
SEED, STEPS, BATCH, RATE = 8, 6000, 128, 2e-3
MOST, SHOWN = 999_999, 400

MANIFEST = """\
schema = 1

[package]
name = "numerals"
version = "1.0.0"
license = "MIT OR Apache-2.0"
description = "Writes out the numbers of 0 to 999,999 in English words."

[model]
file = "encoder_model.onnx"

[parts.decoder]
file = "decoder_model_merged.onnx"

[task]
kind = "text2text-generation"
max_length = 16
eos_ids = [1]
start_ids = [0]

[tokenizer]
file = "tokenizer.json"
max_tokens = 7

[metrics]
held_out_accuracy = {accuracy:.4f}

[[golden]]
text = "214365"
continuation = "two hundred fourteen thousand three hundred sixty-five"
"""

TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen"]
TEENS += [f"{stem}teen" for stem in ("fif", "six", "seven", "eigh", "nine")]
ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *TEENS]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"


def words(number: int) -> list[str]:
    """A number in words, as in `twelve thousand three hundred forty-five`."""
    if number < 20:
        return [ONES[number]]
    if number < 100:
        tens, ones = TENS[number // 10 - 2], number % 10
        return [f"{tens}-{ONES[ones]}" if ones else tens]
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = number % size
    return words(number // size) + [name] + (words(rest) if rest else [])


def is_held_out(number: int) -> bool:
    return number >= 1000 and hashlib.sha256(str(number).encode()).digest()[0] < 26


def draw(source: random.Random) -> int:
    """A number, of any length alike."""
    while True:
        number = source.randrange(10 ** source.randint(1, 6))
        if not is_held_out(number):
            return number


def tokenizer() -> PreTrainedTokenizerFast:
    """A token for each digit and for each word of a number below a hundred."""
    known = [PAD, END, UNKNOWN, *"0123456789", *(words(number)[0] for number in range(100))]
    known += ["hundred", "thousand"]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(known)}, UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex("[0-9]"), "isolated"),
        ]
    )
    made.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", special_tokens=[(END, known.index(END))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=PAD, eos_token=END, unk_token=UNKNOWN, model_max_length=16
    )


def batch(tokens: PreTrainedTokenizerFast, numbers: list[int]) -> dict:
    given = tokens([str(number) for number in numbers], padding=True, return_tensors="pt")
    wanted = tokens([" ".join(words(n)) for n in numbers], padding=True, return_tensors="pt")
    labels = wanted["input_ids"].masked_fill(wanted["attention_mask"] == 0, -100)
    return {
        "input_ids": given["input_ids"],
        "attention_mask": given["attention_mask"],
        "labels": labels,
    }


def train(tokens: PreTrainedTokenizerFast, steps: int) -> T5ForConditionalGeneration:
    torch.manual_seed(SEED)
    source = random.Random(SEED)
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokens),
            d_model=48,
            d_kv=12,
            d_ff=96,
            num_layers=2,
            num_heads=4,
            dropout_rate=0.0,
            pad_token_id=0,
            eos_token_id=1,
            decoder_start_token_id=0,
        )
    )
    adam = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=steps, pct_start=0.1)
    for step in range(steps):
        loss = model(**batch(tokens, [draw(source) for _ in range(BATCH)])).loss
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        pace.step()
        if step % 500 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    return model.eval()


def accuracy(model, tokens: PreTrainedTokenizerFast, numbers: list[int]) -> float:
    """The share of numbers that are right to the last word."""
    given = tokens([str(number) for number in numbers], padding=True, return_tensors="pt")
    given.pop("token_type_ids", None)
    with torch.no_grad():
        ids = model.generate(**given, max_new_tokens=16, do_sample=False)
    texts = tokens.batch_decode(ids, skip_special_tokens=True)
    pairs = zip(texts, numbers, strict=True)
    return sum(text == " ".join(words(number)) for text, number in pairs) / len(numbers)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, default=STEPS)
    steps = arguments.parse_args().steps
    tokens = tokenizer()
    model = train(tokens, steps)
    source = random.Random(SEED + 1)
    candidates = (source.randrange(1000, MOST + 1) for _ in iter(int, 1))
    held_out = []
    while len(held_out) < SHOWN:
        number = next(candidates)
        if is_held_out(number) and number not in held_out:
            held_out.append(number)
    measured = accuracy(model, tokens, held_out)
    print(f"accuracy {measured:.4f} on {SHOWN} held-out numbers")
    lines = [f"{number}\t{' '.join(words(number))}" for number in held_out]
    HELD_OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    write(model, tokens, measured)


def write(model, tokens: PreTrainedTokenizerFast, measured: float) -> None:
    """The package."""
    PACKAGE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        saved, exported = Path(folder, "saved"), Path(folder, "exported")
        model.save_pretrained(saved)
        tokens.save_pretrained(saved)
        main_export(str(saved), exported, task="text2text-generation-with-past")
        for name in FILES:
            shutil.copy(exported / name, PACKAGE)
    manifest = MANIFEST.format(accuracy=measured)
    (PACKAGE / "amaas.toml").write_text(manifest, encoding="utf-8")


if __name__ == "__main__":
    main()
