"""Does a crowd of streams cost less than a loop over them?

    python benches/voices.py

A hundred speakers, each with a recording of its own, give 32 ms of sound at a time, as a server of
live calls gets it. By hand: one session of ONNX Runtime of one thread, as the model's own wrapper
makes it, and a loop in Python that runs it for one speaker after the other. With amaas: one call of
``feed_together`` for all of them; and as many coroutines, one a speaker. Both sides take the same
windows in one run, in turn, and give the same probabilities to 1e-4. Then whole recordings in one
call of ``speech_probabilities``.

By hand the graph is the published one. amaas is asked with ``silero-vad-16k``, which has the same
network in matrix products, and with the published graph as well; the loop with the products too.
"""

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path

import amaas
import numpy as np

ROOT = Path(__file__).parents[1]
SILERO = ROOT / "models" / "silero-vad"
PACKAGES = {
    graph: SILERO / name / "6.2.3"
    for graph, name in [("in products", "silero-vad-16k"), ("as published", "silero-vad")]
}

sys.path.insert(0, str(SILERO))
from reference import CONTEXT, RATE, WINDOW, Reference, read_wav  # noqa: E402

SPEAKERS = 100
TICKS = 25
ROUNDS = 5


class ByHand:
    """Speakers who share a session, each with state of its own."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.kept = [
            (np.zeros((2, 1, 128), np.float32), np.zeros(CONTEXT, np.float32))
            for _ in range(SPEAKERS)
        ]

    def tick(self, pieces: list[np.ndarray]) -> list[float]:
        found = []
        for place, piece in enumerate(pieces):
            self.reference.state, self.reference.context = self.kept[place]
            found.append(self.reference.window(piece))
            self.kept[place] = (self.reference.state, self.reference.context)
        return found


def speakers() -> list[np.ndarray]:
    """Real speech, from another place for each."""
    samples, rate = read_wav(SILERO / ".cache" / "speech" / "beckett.wav")
    assert rate == RATE
    starts = np.linspace(0, len(samples) - TICKS * WINDOW, SPEAKERS).astype(int)
    return [samples[start : start + TICKS * WINDOW] for start in starts]


def timed(work) -> tuple[float, np.ndarray]:
    """Windows a second, and the probabilities of each speaker."""
    started = time.perf_counter()
    found = [work(tick) for tick in range(TICKS)]
    return SPEAKERS * TICKS / (time.perf_counter() - started), np.array(found).T


def by_hand(reference: Reference, all_pieces) -> tuple[float, np.ndarray]:
    hand = ByHand(reference)
    return timed(lambda tick: hand.tick(all_pieces[tick]))


def together(route, all_pieces) -> tuple[float, np.ndarray]:
    streams = [route.stream() for _ in range(SPEAKERS)]

    def tick(place: int) -> list[float]:
        heard = amaas.feed_together(streams, all_pieces[place])
        return [one["probabilities"][0] for one in heard]

    return timed(tick)


def awaited(route, all_pieces) -> tuple[float, np.ndarray]:
    streams = [route.stream() for _ in range(SPEAKERS)]

    async def everybody(pieces):
        feeds = (one.feed_async(piece) for one, piece in zip(streams, pieces, strict=True))
        return [heard["probabilities"][0] for heard in await asyncio.gather(*feeds)]

    with asyncio.Runner() as runner:
        return timed(lambda tick: runner.run(everybody(all_pieces[tick])))


def whole(route, recordings) -> float:
    started = time.perf_counter()
    route.speech_probabilities(recordings)
    return SPEAKERS * TICKS / (time.perf_counter() - started)


def main() -> None:
    recordings = speakers()
    all_pieces = [
        [samples[tick * WINDOW : (tick + 1) * WINDOW] for samples in recordings]
        for tick in range(TICKS)
    ]
    loops = {graph: Reference(package / "model.onnx") for graph, package in PACKAGES.items()}
    ways = {"feed_together": together, "feed_async": awaited}
    hands = []
    sides = {}
    with amaas.Service() as service:
        routes = {graph: service.load(package) for graph, package in PACKAGES.items()}
        for _ in range(ROUNDS):
            speed, expected = by_hand(loops["as published"], all_pieces)
            hands.append(speed)
            speed, _ = by_hand(loops["in products"], all_pieces)
            sides.setdefault("a loop, in products", []).append(speed)
            for graph, route in routes.items():
                for name, way in ways.items():
                    speed, found = way(route, all_pieces)
                    sides.setdefault(f"{name}, {graph}", []).append(speed)
                    assert np.abs(found - expected).max() < 1e-4
                sides.setdefault(f"whole, {graph}", []).append(whole(route, recordings))
    rows = [
        {
            "question": f"100 streams, {name}",
            "amaas_per_second": statistics.median(speeds),
            "by_hand_per_second": statistics.median(hands),
            "ratio": statistics.median(a / b for a, b in zip(speeds, hands, strict=True)),
        }
        for name, speeds in sides.items()
    ]
    for row in rows:
        print(
            f"{row['question']:41} amaas {row['amaas_per_second']:7.0f} windows/s   "
            f"by hand {row['by_hand_per_second']:7.0f}/s   ratio {row['ratio']:.3f}"
        )
    (ROOT / "benches/voices.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
