"""Writing with SmolLM2, beside ONNX Runtime by hand. See benches/README.md.

By hand is the loop that one writes in Python: one session, buffers bound once, a token a run. Both
sides run the same graph in turn in one process; medians of the pairs are printed and written to
benches/generation.json. Where llama-cpp-python is installed, it writes from the weights of the same
file, of four bits, beside them.
"""

import json
import statistics
import time
from pathlib import Path

import amaas
import numpy as np
import onnxruntime

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "models/smollm2/smollm2/1.0.0"
GGUF = ROOT / "models/smollm2/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"
PROMPT = "The capital of France is"
ARTICLE = (
    "The Amazon rainforest covers most of the Amazon basin of South America. The basin is home to "
    "7,000,000 square kilometres, of which 5,500,000 square kilometres are covered by the "
    "rainforest. This region includes territory belonging to nine nations."
)
# What people ask of a model that chats; some answers take words from the question, some do not.
QUESTIONS = (
    f"Summarize: {ARTICLE}",
    f"Rewrite this in simpler words: {ARTICLE}",
    f"Extract all numbers as a JSON list: {ARTICLE}",
    "Write a Python function that adds two numbers, and a test.",
    "Write a short poem about the sea.",
    "List five facts about cats.",
    "Explain how photosynthesis works.",
    "Correct the grammar: he go to school every day and he like to plays football with friends.",
)
LONG = " ".join(
    f"Item {number} of the list is a thing that somebody wrote down." for number in range(12)
)
PAIRS, TOKENS, TEXTS, ANSWER = 5, 32, 8, 100
HEROES = ("fox", "king", "girl", "bear", "boy", "cat", "witch", "dog")
# Seconds. When a run by hand has ended threads of ONNX Runtime's spin for a while, on processors
# that the other side wants.
REST = 0.3


class ByHand:
    """The loop with bound buffers."""

    def __init__(self):
        from tokenizers import Tokenizer

        self.session = onnxruntime.InferenceSession(str(PACKAGE / "model.onnx"))
        self.tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
        self.caches = [port for port in self.session.get_inputs() if port.name.startswith("past")]

    def write(self, prompt, tokens):
        """The text, and the seconds to the first token."""
        started, binding = time.perf_counter(), self.session.io_binding()
        ids = np.array([self.tokenizer.encode(prompt).ids], np.int64)
        total, written, first = ids.shape[1], [], 0.0
        binding.bind_output("logits")
        for port in self.caches:
            shape = (1, port.shape[1], 1 << (total + tokens).bit_length(), port.shape[3])
            value = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
            binding.bind_ortvalue_input(port.name, value)
            name = port.name.replace("past_key_values", "present")
            binding.bind_ortvalue_output(name, value)
        for _ in range(tokens):
            binding.bind_cpu_input("input_ids", ids)
            binding.bind_cpu_input("attention_mask", np.ones((1, total), np.int64))
            binding.bind_cpu_input("num_logits_to_keep", np.array(1, np.int64))
            self.session.run_with_iobinding(binding)
            written.append(int(binding.get_outputs()[0].numpy()[0, -1].argmax()))
            if len(written) == 1:
                first = time.perf_counter() - started
            ids, total = np.array([[written[-1]]], np.int64), total + 1
        return self.tokenizer.decode(written), first


def timed(work):
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def compare(question, one, other):
    """Both in turn, by the seconds that they say."""

    def rested(side):
        time.sleep(REST)
        return side()

    times = [(rested(one), rested(other)) for _ in range(PAIRS)]
    return {
        "question": question,
        "seconds": statistics.median(a for a, _ in times),
        "beside_seconds": statistics.median(b for _, b in times),
        "ratio": statistics.median(b / a for a, b in times),
        "share": statistics.median(a / b for a, b in times),
    }


def first_token(route, prompt):
    """Seconds until the first piece is there; what comes after it is given up then."""
    began = time.perf_counter()
    stream = route.stream(prompt, max_new_tokens=2)
    next(stream)
    seconds = time.perf_counter() - began
    stream.cancel()
    return seconds


def main():
    by_hand, route = ByHand(), amaas.Service().load(str(PACKAGE))
    plain = {"max_new_tokens": TOKENS}
    # Of these each goes on to the limit; of those some end soon, and one that is left is alone.
    stories = [f"Once upon a time there was a {hero} who" for hero in HEROES]
    prompts = [f"{PROMPT[:-2]}{'' if n else ' is'} the number {n} of" for n in range(TEXTS)]
    rows = [
        one_text("one text", route, by_hand, PROMPT, plain),
        answers(route, by_hand),
        together("eight together, beside one after the other", route, stories, plain),
        together("eight of different lengths together", route, prompts, plain),
        compare(
            "the first token",
            lambda: first_token(route, LONG),
            lambda: by_hand.write(LONG, 1)[1],
        ),
    ]
    rows.append(llama(rows[0]["tokens"]))
    for row in rows:
        print(row)
    (ROOT / "benches/generation.json").write_text(json.dumps(rows, indent=2) + "\n")


def one_text(question, route, by_hand, prompt, limits):
    """Writing after one prompt, beside as many runs by hand; the same text on both sides."""
    answer = route.generate(prompt, **limits)[0]
    ours = answer["generated_text"]
    # The token that ends a text takes a run, and is not part of it.
    runs = len(by_hand.tokenizer.encode(ours).ids) + (answer["finish_reason"] == "stop")
    theirs, _ = by_hand.write(prompt, runs)
    assert theirs.startswith(ours), (ours, theirs)
    row = compare(
        question,
        lambda: timed(lambda: route.generate(prompt, **limits))[0],
        lambda: timed(lambda: by_hand.write(prompt, runs))[0],
    )
    return row | {"tokens": runs}


def answers(route, by_hand):
    """Answers of a chat, one at a time, and the median of them."""
    limits = {"max_new_tokens": ANSWER}
    chats = [[{"role": "user", "content": question}] for question in QUESTIONS]
    each = [
        one_text(question[:40], route, by_hand, route.chat_prompt(chat), limits)
        for question, chat in zip(QUESTIONS, chats, strict=True)
    ]
    ratio = statistics.median(row["ratio"] for row in each)
    return {"question": "answers", "ratio": ratio, "each": each}


def together(question, route, texts, limits):
    """All at once, beside one after the other."""
    return compare(
        question,
        lambda: timed(lambda: route(texts, **limits))[0],
        lambda: timed(lambda: [route(text, **limits) for text in texts])[0],
    )


def llama(tokens):
    try:
        from llama_cpp import Llama
    except ImportError:
        return {"question": "llama-cpp-python", "missing": "it is not installed"}
    model = Llama(str(GGUF), verbose=False, n_ctx=512)
    model(PROMPT, max_tokens=2, temperature=0)
    seconds, _ = timed(lambda: model(PROMPT, max_tokens=tokens, temperature=0))
    return {"question": "llama-cpp-python", "seconds": seconds, "tokens": tokens}


if __name__ == "__main__":
    main()
