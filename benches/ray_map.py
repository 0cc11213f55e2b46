"""20,000 real texts through Ray Data with two actors, beside one process. See benches/README.md.

Both sides run in turn: `amaas.ray.map_batches` with two actors over blocks that lie in Ray's store,
and `route.map`, each with the settings that come without asking. The start of Ray itself is not
counted; that of the actors is. So it is asked of two models: embedding the texts is work for
minutes, as one takes to Ray; classifying them ends in a second, before two actors have started.
"""

import json
import statistics
import tempfile
import time

import amaas.ray
import ray
from snippets import ROOT, publish, texts

COUNT = 20_000
ACTORS = 2


def seconds(call):
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def compare(question, dataset, asked, route, pairs):
    """Both sides in turn, after a short call of each."""

    def on_ray(dataset=dataset):
        found = amaas.ray.map_batches(dataset, route, "text", concurrency=ACTORS).materialize()
        return found.count()

    def in_one_process(texts=asked):
        return sum(1 for _ in route.map(iter(texts)))

    assert on_ray(dataset.limit(100)) == in_one_process(asked[:100]) == 100
    times = [(seconds(on_ray), seconds(in_one_process)) for _ in range(pairs)]
    row = {
        "question": f"Ray Data with 2 actors beside one process, {question}",
        "ray_per_second": COUNT / statistics.median(ours for ours, _ in times),
        "alone_per_second": COUNT / statistics.median(theirs for _, theirs in times),
        "ratio": statistics.median(theirs / ours for ours, theirs in times),
    }
    print(
        f"{row['question']}: {row['ray_per_second']:.0f}/s beside {row['alone_per_second']:.0f}/s"
        f"   ratio {row['ratio']:.3f}"
    )
    return row


def main():
    asked = texts(COUNT)
    ray.init(num_cpus=ACTORS + 1, include_dashboard=False, log_to_driver=False)
    rows = [{"text": text} for text in asked]
    dataset = ray.data.from_items(rows, override_num_blocks=8).materialize()
    with tempfile.TemporaryDirectory() as registry:
        publish(registry)
        service = amaas.Service(registry)
        models = [("embedding", str(ROOT / "models/minilm/all-minilm-l6-v2/1.0.0"), 1)]
        models.append(("classifying", "sentiment", 3))
        found = [
            compare(name, dataset, asked, service.load(model), pairs)
            for name, model, pairs in models
        ]
    ray.shutdown()
    (ROOT / "benches/ray_map.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
