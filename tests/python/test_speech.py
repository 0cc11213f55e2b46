"""Sound and streams: what Silero VAD hears, as its own wrapper would have it."""

import asyncio
import math
import sys
from pathlib import Path

import amaas
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
SILERO = ROOT / "models" / "silero-vad"
PACKAGE = SILERO / "silero-vad" / "6.2.3"
SPEECH = SILERO / ".cache" / "speech"

sys.path.insert(0, str(SILERO))
from reference import RATE, WINDOW, Reference, read_wav, segments  # noqa: E402


# The graph as published, and the same in matrix products.
@pytest.fixture(scope="module", params=["silero-vad", "silero-vad-16k"])
def voices(request):
    with amaas.Service() as service:
        yield service.load(SILERO / request.param / "6.2.3")


@pytest.fixture(scope="module")
def reference():
    return Reference(PACKAGE / "model.onnx")


def recording(name="beckett.wav"):
    samples, rate = read_wav(SPEECH / name)
    assert rate == RATE
    return samples


@pytest.mark.parametrize("name", ["beckett.wav", "clone-test.wav"])
def test_probabilities_and_stretches_are_those_of_its_own_package(voices, reference, name):
    samples = recording(name)
    expected = reference.probabilities(samples)
    found = voices.speech_probabilities(SPEECH / name)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-4
    assert expected.max() > 0.9
    assert expected.min() < 0.1
    spans = [
        (round(one["start"] * RATE), round(one["end"] * RATE))
        for one in voices.detect_speech(SPEECH / name)
    ]
    assert spans == segments(expected, len(samples))
    assert spans


def test_recordings_of_one_call_get_what_each_gets_alone(voices, reference):
    samples = recording()
    parts = [
        samples[start : start + 16_000 + 777 * start % 9_000] for start in range(0, 90_000, 9_000)
    ]
    together = voices.speech_probabilities(parts)
    for part, found in zip(parts, together, strict=True):
        assert np.abs(found - reference.probabilities(part)).max() < 1e-4


def test_whatever_form_a_recording_has(voices):
    path = SPEECH / "beckett.wav"
    samples = recording()
    expected = voices.detect_speech(path)
    whole = np.round(samples * 32768).astype(np.int16)
    for form in [
        str(path),
        path.read_bytes(),
        samples,
        samples.astype(np.float64),
        whole,
        np.stack([samples, samples], axis=1),
        {"array": samples, "sampling_rate": RATE},
        {"raw": whole, "sampling_rate": RATE},
    ]:
        assert voices.detect_speech(form) == expected
    assert voices(path) == expected
    assert voices([path, samples]) == [expected, expected]
    with_rate = voices.detect_speech(np.repeat(samples, 3), sampling_rate=3 * RATE)
    assert len(with_rate) == len(expected)


def test_other_rates_are_resampled(voices):
    samples, rate = read_wav(SPEECH / "endgame_nagg_nell.wav")
    assert rate == 24_000
    found = voices.speech_probabilities(SPEECH / "endgame_nagg_nell.wav")
    assert len(found) == math.ceil(math.ceil(len(samples) * 2 / 3) / WINDOW)
    assert found.max() > 0.9


def test_a_stream_hears_the_same_in_pieces_of_any_length(voices, reference):
    samples = recording()
    expected = reference.probabilities(samples)
    stream = voices.stream()
    random = np.random.default_rng(7)
    found, speech, place = [], [], 0
    while place < len(samples):
        length = int(random.integers(0, 3_000))
        heard = stream.feed(samples[place : place + length])
        found.append(heard["probabilities"])
        speech += heard["speech"]
        place += length
    rest = stream.finish()
    found.append(rest["probabilities"])
    assert not rest["speaking"]
    assert np.abs(np.concatenate(found) - expected).max() < 1e-4
    assert speech + rest["speech"] == voices.detect_speech(samples)
    again = stream.feed(samples[:WINDOW])
    assert abs(again["probabilities"][0] - expected[0]) < 1e-4


def test_streams_fed_together_and_awaited_hear_what_each_hears_alone(voices, reference):
    samples = recording()
    starts = range(0, 48_000, 4_000)
    streams = [voices.stream() for _ in starts]
    pieces = [samples[start : start + 4 * WINDOW] for start in starts]
    heard = amaas.feed_together(streams, pieces)
    for part, found in zip(pieces, heard, strict=True):
        assert np.abs(found["probabilities"] - reference.probabilities(part)).max() < 1e-4
    forks = [stream.fork() for stream in streams]
    more = [samples[start + 4 * WINDOW : start + 6 * WINDOW] for start in starts]

    async def feed():
        return await asyncio.gather(
            *(stream.feed_async(piece) for stream, piece in zip(streams, more, strict=True))
        )

    for one, other in zip(asyncio.run(feed()), amaas.feed_together(forks, more), strict=True):
        assert np.abs(one["probabilities"] - other["probabilities"]).max() < 1e-4
    with pytest.raises(amaas.InvalidArgument, match="`11` pieces"):
        amaas.feed_together(streams, pieces[1:])


def test_awaited_recordings(voices):
    path = SPEECH / "clone-test.wav"

    async def both():
        return await voices.detect_speech_async(path), await voices.detect_speech_async([path])

    one, many = asyncio.run(both())
    assert many == [one] == [voices.detect_speech(path)]


def test_bad_sound_is_refused_and_the_next_is_heard(voices):
    good = recording()[: 4 * WINDOW]
    wav = (SPEECH / "clone-test.wav").read_bytes()
    for bad, error in [
        (np.zeros(0, np.float32), amaas.InvalidArgument),
        (np.full(WINDOW, np.nan, np.float32), amaas.InvalidArgument),
        (np.zeros((2, 2, 2), np.float32), amaas.InvalidArgument),
        (np.zeros(WINDOW, np.int64), amaas.InvalidArgument),
        (b"", amaas.InvalidArgument),
        (b"no sound at all", amaas.InvalidArgument),
        (wav[: len(wav) // 2], amaas.InvalidArgument),
        ({"array": good, "sampling_rate": 1}, amaas.InvalidArgument),
        ({"array": good}, TypeError),
        (7, TypeError),
        ("no/such/file.wav", amaas.Io),
    ]:
        with pytest.raises(error):
            voices.detect_speech(bad)
        assert len(voices.speech_probabilities(good)) == 4
    with pytest.raises(amaas.InvalidArgument, match="threshold"):
        voices.detect_speech(good, threshold=2.0)
    with pytest.raises(amaas.InvalidArgument, match="top_k"):
        voices(good, top_k=1)
    stream = voices.stream()
    for bad in [b"RIFF", {"array": good, "sampling_rate": 8_000}]:
        with pytest.raises(amaas.InvalidArgument):
            stream.feed(bad)
    assert len(stream.feed(good)["probabilities"]) == 4


def test_state_of_any_model_is_kept_by_its_stream():
    with amaas.Service() as service:
        route = service.load(FIXTURES / "counter")
        one, two = route.stream(), route.stream(follow=True)
        assert one.run({"x": [[1.0]], "times": 2})["total"] == [[2.0]]
        assert two.run({"x": [[10.0]], "times": 1})["total"] == [[10.0]]
        fork = one.fork()
        assert one.run({"x": [[1.0]], "times": 1})["total"] == [[3.0]]
        assert fork.run({"x": [[5.0]], "times": 1})["total"] == [[7.0]]
        assert asyncio.run(awaited(one)) == [[4.0]]
        one.reset()
        assert one.run({"x": [[1.0]], "times": 1}) == {"total": [[1.0]]}
        assert not one.update()
        assert one.version == "1.0.0"
        with pytest.raises(amaas.InvalidArgument, match="is state"):
            one.run({"x": [[1.0]], "times": 1, "state": [[[0.0]]]})
        with pytest.raises(amaas.Unsupported, match="voice-activity-detection"):
            route.listen()
        with pytest.raises(amaas.Unsupported, match="no sound"):
            one.feed(np.zeros(4, np.float32))
        assert repr(one) == "<Stream of counter@1.0.0>"
    assert one.closed
    with pytest.raises(amaas.Closed):
        one.run({"x": [[1.0]], "times": 1})


async def awaited(stream):
    return (await stream.run_async({"x": [[1.0]], "times": 1}))["total"]


def test_recordings_are_classified():
    with amaas.Service() as service:
        route = service.load(FIXTURES / "loudness")
        assert route.labels == ["quiet", "loud"]
        loud = np.full(1_000, -0.75, np.float32)
        [best] = route(loud)
        assert best["label"] == "loud"
        assert abs(best["score"] - 0.75) < 1e-6
        assert [one["label"] for one in route([loud, loud / 9])] == ["loud", "quiet"]
        both = route.classify_audio(FIXTURES / "tone.flac", top_k=None)
        assert [one["label"] for one in both] == ["quiet", "loud"]
        assert asyncio.run(classified(route, loud)) == route.classify_audio(loud)
        with pytest.raises(amaas.Unsupported, match="keeps no state"):
            route.stream()
        with pytest.raises(amaas.InvalidArgument, match="no samples"):
            route(np.zeros(0, np.float32))


async def classified(route, samples):
    return await route.classify_audio_async(samples)
