"""The conformance driver of the Python face; tests/conformance.md has the protocol."""

import sys

import amaas
import numpy as np


def main():
    try:
        route = amaas.Service().load(sys.argv[1])
    except amaas.Error as error:
        print(failure(error))
        return
    for line in sys.stdin:
        try:
            print("ok" + answer(route, line.rstrip("\n").split("\t")), flush=True)
        except amaas.Error as error:
            print(failure(error), flush=True)
        except ValueError as error:
            print(f"error\tinvalid_argument\t{error}", flush=True)


def failure(error):
    words = str(error).replace("\t", " ").replace("\n", " ")
    return f"error\t{error.kind}\t{words}"


def answer(route, fields):
    match fields:
        case ["classify", top_k, text]:
            labels = route(text, top_k=None if top_k == "-" else int(top_k))
            return "".join(f"\t{label['label']}={label['score']:.9g}" for label in labels)
        case ["embed", count, text]:
            vector = route.embed(text)
            numbers = ",".join(f"{value:.9g}" for value in vector[: int(count)].tolist())
            return f"\t{len(vector)}\t{numbers}"
        case ["generate", most, text]:
            [written] = route.generate(text, max_new_tokens=int(most))
            return f"\t{written['finish_reason']}\t{written['generated_text']}"
        case ["run", outputs, *inputs]:
            return run(route, outputs, inputs, None)
        case ["within", milliseconds, outputs, *inputs]:
            return run(route, outputs, inputs, int(milliseconds) / 1000)
        case ["tag", aggregation, text]:
            strategy = None if aggregation == "-" else aggregation
            spans = route.tag(text, aggregation_strategy=strategy)
            return "".join(span(text, found) for found in spans)
        case ["pair", top_k, *pair]:
            most = None if top_k == "-" else int(top_k)
            labels = route.classify_pairs(tuple(pair), top_k=most)
            return "".join(f"\t{label['label']}={label['score']:.9g}" for label in labels)
        case ["rank", top_k, query, *documents]:
            most = None if top_k == "-" else int(top_k)
            ranked = route.rank(query, documents, top_k=most)
            return "".join(f"\t{found['index']}={found['score']:.9g}" for found in ranked)
        case ["zero", several, labels, text]:
            candidates = [] if labels == "-" else labels.split(",")
            found = route.classify_zero_shot(text, candidates, multi_label=several == "1")
            pairs = zip(found["labels"], found["scores"], strict=True)
            return "".join(f"\t{label}={score:.9g}" for label, score in pairs)
        case ["alike", one, other]:
            return f"\t{route.similarity([one], [other])[0, 0]:.9g}"
    raise ValueError(f"the driver cannot read `{fields[0]}`")


def span(text, found):
    """Bytes are counted here: Python's places are those of characters."""
    start, end = found["start"], found["end"]
    label = found.get("entity_group", found.get("entity"))
    first, last = (len(text[:place].encode()) for place in (start, end))
    return f"\t{label},{start},{end},{first},{last},{found['score']:.9g}"


def run(route, outputs, inputs, timeout):
    arrays = {name: array(*rest) for name, *rest in zip(*[iter(inputs)] * 4, strict=True)}
    wanted = None if outputs == "-" else outputs.split(",")
    found = route.run(arrays, wanted, timeout=timeout)
    return "".join(show(name, tensor) for name, tensor in found.items())


def array(dtype, shape, values):
    shape = [] if shape == "-" else [int(length) for length in shape.split(",")]
    values = [] if values == "-" else values.split(",")
    if dtype == "string":
        return np.array(values, dtype=object).reshape(shape)
    if dtype == "bool":
        return np.array([value == "1" for value in values]).reshape(shape)
    return np.array(values).astype(dtype).reshape(shape)


def show(name, tensor):
    dtype = "string" if tensor.dtype == object else tensor.dtype.name
    shape = ",".join(map(str, tensor.shape)) or "-"
    values = ",".join(map(text, tensor.ravel().tolist())) or "-"
    return f"\t{name}\t{dtype}\t{shape}\t{values}"


def text(value):
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.9g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
