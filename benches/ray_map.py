"""20,000 real texts through Ray Data with two actors, beside one process. See benches/README.md.

Both sides run in turn: `amaas.ray.map_batches` with two actors of one thread each over blocks that
lie in Ray's store, and `route.map` of a route that has all processors. The start of Ray itself is
not counted; that of the actors is.
"""

import json
import statistics
import tempfile
import time

import amaas.ray
import ray
from snippets import ROOT, publish, texts

PAIRS = 3
COUNT = 20_000
ACTORS = 2


def seconds(call):
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main():
    asked = texts(COUNT)
    ray.init(num_cpus=ACTORS + 1, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as registry:
        publish(registry)
        alone = amaas.Service(registry).load("sentiment")
        service = amaas.Service(registry, threads=1, instances=1)
        sent = service.load("sentiment")
        rows = [{"text": text} for text in asked]
        dataset = ray.data.from_items(rows, override_num_blocks=8).materialize()

        def on_ray():
            found = amaas.ray.map_batches(
                dataset, sent, "text", concurrency=ACTORS, batch_size=1024
            ).materialize()
            assert found.count() == COUNT

        def in_one_process():
            assert sum(1 for _ in alone.map(iter(asked))) == COUNT

        on_ray(), in_one_process()
        pairs = [(seconds(on_ray), seconds(in_one_process)) for _ in range(PAIRS)]
    ray.shutdown()
    row = {
        "question": "Ray Data with 2 actors beside one process, 20,000 texts",
        "ray_per_second": COUNT / statistics.median(ours for ours, _ in pairs),
        "alone_per_second": COUNT / statistics.median(theirs for _, theirs in pairs),
        "ratio": statistics.median(theirs / ours for ours, theirs in pairs),
    }
    print(
        f"{row['question']}: {row['ray_per_second']:.0f}/s beside {row['alone_per_second']:.0f}/s"
        f"   ratio {row['ratio']:.3f}"
    )
    (ROOT / "benches/ray_map.json").write_text(json.dumps([row], indent=2) + "\n")


if __name__ == "__main__":
    main()
