"""The conformance driver of the Python face; tests/conformance.md has the protocol."""

import json
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
        case ["chat", most, messages]:
            message = route.chat(json.loads(messages), max_new_tokens=int(most))
            return f"\t{message['finish_reason']}\t{message['content']}"
        case ["prompt", messages]:
            return f"\t{route.chat_prompt(json.loads(messages))}"
        case ["pieces", most, text]:
            stream = route.stream(text, max_new_tokens=int(most))
            whole = "".join(stream)
            return f"\t{stream.finish_reason}\t{whole}"
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
        case ["follow", outputs, *inputs]:
            return follow(route.stream(), outputs, inputs)
        case ["redact", text]:
            return f"\t{amaas.Redactor().redact(text).text}"
        case ["served", *files, reference, tenant, text]:
            return served(files, reference, tenant, text)
    return media(route, fields)


def media(route, fields):
    """The answer to a request with an image or with sound."""
    match fields:
        case ["see", top_k, *image]:
            most = None if top_k == "-" else int(top_k)
            labels = route.classify_images(picture(*image), top_k=most)
            return "".join(f"\t{label['label']}={label['score']:.9g}" for label in labels)
        case ["boxes", *image]:
            return "".join(map(box, route.detect(picture(*image))))
        case ["hear", top_k, *recording]:
            most = None if top_k == "-" else int(top_k)
            labels = route.classify_audio(sound(*recording), top_k=most)
            return "".join(f"\t{label['label']}={label['score']:.9g}" for label in labels)
        case ["speech", *recording]:
            return "".join(map(stretch, route.detect_speech(sound(*recording))))
        case ["listen", rate, *pieces]:
            stream = route.listen()
            heard = [stream.feed(sound(rate, piece)) for piece in pieces] + [stream.finish()]
            return "".join(stretch(found) for one in heard for found in one["speech"])
    raise ValueError(f"the driver cannot read `{fields[0]}`")


def span(text, found):
    """Bytes are counted here: Python's places are those of characters."""
    start, end = found["start"], found["end"]
    label = found.get("entity_group", found.get("entity"))
    first, last = (len(text[:place].encode()) for place in (start, end))
    return f"\t{label},{start},{end},{first},{last},{found['score']:.9g}"


def box(found):
    edges = ",".join(f"{edge:.9g}" for edge in found["box"].values())
    return f"\t{found['label']},{edges},{found['score']:.9g}"


def stretch(found):
    return f"\t{found['start']:.9g},{found['end']:.9g},{found['score']:.9g}"


def picture(first, pixels=None):
    """A path, or a shape and its bytes."""
    if pixels is None:
        return first
    shape = [int(length) for length in first.split(",")]
    return numbers(pixels).astype(np.uint8).reshape(shape)


def sound(first, samples=None):
    """A path, or a sampling rate and samples."""
    if samples is None:
        return first
    return {"array": numbers(samples), "sampling_rate": int(first)}


def numbers(text):
    """Numbers as `value*count`, joined by `,`."""
    runs = [] if text == "-" else [part.partition("*") for part in text.split(",")]
    values = np.array([float(value) for value, _, _ in runs], np.float32)
    return np.repeat(values, [int(count or 1) for _, _, count in runs])


def follow(stream, outputs, inputs):
    """Each call of one stream, `;` between the inputs of two."""
    calls = [[]]
    for field in inputs:
        if field == ";":
            calls.append([])
        else:
            calls[-1].append(field)
    wanted = None if outputs == "-" else outputs.split(",")
    found = [stream.run(arrays(fields), wanted) for fields in calls]
    return "".join(show(name, tensor) for one in found for name, tensor in one.items())


def served(files, reference, tenant, text):
    """The best label and the receipt of a call of a service with a price table and keys."""
    prices, keys = (None if file == "-" else file for file in files)
    receipts = []
    with amaas.Service(prices=prices, keys=keys) as service:
        [best] = service.load(reference)(text, tenant=tenant, receipt=receipts.append)
    [receipt] = receipts
    price, currency = (receipt.price, receipt.currency) if receipt.price else ("-", "-")
    return f"\t{best['label']}\t{receipt.tenant}\t{receipt.rows}\t{price}\t{currency}"


def arrays(inputs):
    return {name: array(*rest) for name, *rest in zip(*[iter(inputs)] * 4, strict=True)}


def run(route, outputs, inputs, timeout):
    wanted = None if outputs == "-" else outputs.split(",")
    found = route.run(arrays(inputs), wanted, timeout=timeout)
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
