"""Trains the package `readers`: tells which of three readers speaks, by a second of their speech.

    python -m pip install --requirement requirements.txt
    python ../silero-vad/build.py
    python train.py

The recordings are two of those that `../silero-vad/build.py` fetches: one reads in `two_cities`,
and in `endgame_nagg_nell` two take turns, Nagg and Nell. Of each reader the front is for training
and the rest is held out, with a pause between them. `TRAINED` and `HELD_OUT` say who speaks from
which second to which, as pauses and pitch show it; Nagg and Nell repeat a line each, which is there
once. Held-out turns are cut in pieces of a second. The number of steps is fixed beforehand, so that
nothing is chosen on the held-out part, except that `beckett` is left out: see `README.md`.

The graph takes samples at 16 kHz and computes the rest: the power spectrum every 10 ms, by a
convolution with fixed weights, 40 bands of it on the mel scale, three trained convolutions and the
mean over time. Loudness is taken out, and pauses and zeros behind the end take no part.
"""

import wave
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
SPEECH = HERE.parent / "silero-vad" / ".cache" / "speech"
SEED, STEPS, BATCH, RATE = 8, 600, 32, 2e-3
HERTZ, WINDOW, HOP, BANDS = 16_000, 400, 160, 40

LABELS = ["nagg", "nell", "two-cities"]
FILES = dict(zip(LABELS, ["endgame_nagg_nell", "endgame_nagg_nell", "two_cities"], strict=True))
TRAINED = {
    "nagg": [(0.1, 0.88), (4.84, 8.01), (11.99, 13.97)],
    "nell": [(1.58, 1.81), (8.74, 11.31)],
    "two-cities": [(1.19, 28.26)],
}
HELD_OUT = {
    "nagg": [(17.61, 18.78), (20.43, 21.84), (23.76, 27.36)],
    "nell": [(14.66, 16.93), (22.53, 23.09)],
    "two-cities": [(29.09, 29.59), (29.92, 32.25), (32.78, 36.56), (36.94, 41.62)],
}

MANIFEST = """\
schema = 1

[package]
name = "readers"
version = "1.0.0"
license = "MIT"
description = "Tells which of three readers speaks: Nagg, Nell or the one of A Tale of Two Cities."

[task]
kind = "audio-classification"
labels = ["nagg", "nell", "two-cities"]
function_to_apply = "softmax"

[audio]
sampling_rate = 16000
window = 32000

[audio.inputs]
samples = "samples"

[metrics]
held_out_accuracy = {accuracy:.4f}

[[golden]]
tolerance = 1e-3

[golden.inputs]
samples = {samples}

[golden.outputs]
logits = {logits}
"""


def read(label: str) -> np.ndarray:
    """The recording that a reader is in, at 16 kHz, from -1 to 1."""
    with wave.open(str(SPEECH / f"{FILES[label]}.wav")) as file:
        rate, frames = file.getframerate(), file.readframes(file.getnframes())
    samples = np.frombuffer(frames, "<i2") / 32768
    length = len(samples) * HERTZ // rate
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return (np.fft.irfft(spectrum, length) * length / len(samples)).astype(np.float32)


def waves() -> torch.Tensor:
    """Cosines and sines under a Hann window, for each frequency up to 6.5 kHz: [bins * 2, 1, n]."""
    places = torch.arange(WINDOW, dtype=torch.float64)
    bins = torch.arange(6500 * WINDOW // HERTZ + 1, dtype=torch.float64)
    angles = 2 * torch.pi * bins[:, None] * places / WINDOW
    hann = torch.hann_window(WINDOW, dtype=torch.float64)
    return (torch.cat([angles.cos(), angles.sin()]) * hann)[:, None].float()


def mel(bins: int) -> torch.Tensor:
    """What each band takes of each frequency: triangles that overlap, [bands, bins]."""
    edges = torch.linspace(*(2595 * np.log10(1 + hertz / 700) for hertz in (60, 6500)), BANDS + 2)
    edges = 700 * (10 ** (edges / 2595) - 1)
    known = torch.arange(bins) * HERTZ / WINDOW
    low, middle, high = (edges[start : start + BANDS, None] for start in range(3))
    # No triangle is narrower than the distance of two frequencies.
    step = HERTZ / WINDOW
    rising = (known - low.minimum(middle - step)) / (middle - low).clamp(min=step)
    falling = (high.maximum(middle + step) - known) / (high - middle).clamp(min=step)
    return rising.minimum(falling).clamp(min=0)


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("waves", waves())
        self.register_buffer("mel", mel(len(self.waves) // 2))
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv1d(given, 48, 5, padding=2, bias=False), nn.BatchNorm1d(48))
            for given in (BANDS, 48, 48)
        )
        self.drop = nn.Dropout(0.3)
        self.last = nn.Linear(48, len(LABELS))

    def forward(self, samples: torch.Tensor, gains: torch.Tensor | None = None) -> torch.Tensor:
        """Logits; `gains` change the sound's bands, in training."""
        parts = functional.conv1d(samples[:, None], self.waves, stride=HOP, padding=WINDOW // 2)
        cosines, sines = parts.square().chunk(2, 1)
        energy = self.mel @ (cosines + sines)
        if gains is not None:
            energy = energy * gains[:, :, None]
        loud = energy.sum(1, keepdim=True)
        # 30 dB below the loudest moment is a pause. Silence has no other moments.
        mask = (loud > 1e-3 * loud.amax(2, keepdim=True) + 1e-9).float()
        count = mask.sum(2, keepdim=True).clamp(min=1)
        mean = (loud * mask).sum(2, keepdim=True) / count + 1e-9
        seen = torch.log(energy / mean + 1e-4) * mask
        for layer in self.layers:
            seen = torch.relu(layer(seen)) * mask
        return self.last(self.drop((seen.sum(2, keepdim=True) / count).squeeze(2)))


def draw(turns: dict[str, list[np.ndarray]], random: np.random.Generator) -> tuple:
    """A batch: pieces of one length, each with other noise, speed and bands, and who speaks."""
    length = int(random.uniform(0.5, 2.0) * HERTZ)
    labels = random.integers(len(LABELS), size=BATCH)
    rows = np.zeros((BATCH, length), np.float32)
    for row, label in zip(rows, labels, strict=True):
        known = turns[LABELS[label]]
        sizes = np.array([len(turn) for turn in known])
        turn = known[random.choice(len(known), p=sizes / sizes.sum())]
        speed = random.uniform(0.95, 1.05)
        start = random.uniform(0, max(len(turn) - length * speed, 0))
        places = start + np.arange(length) * speed
        places = places[places <= len(turn) - 1]
        row[: len(places)] = np.interp(places, np.arange(len(turn)), turn)
        noise = random.normal(0, 1, len(places)) * 10 ** random.uniform(-2, -0.75)
        row[: len(places)] += noise * np.sqrt(np.mean(row[: len(places)] ** 2))
    curve = torch.from_numpy(random.normal(0, 0.7, (BATCH, 1, 4)).astype(np.float32))
    curve = functional.interpolate(curve, BANDS, mode="linear", align_corners=True)[:, 0]
    return torch.from_numpy(rows), curve.exp(), torch.from_numpy(labels)


def train(turns: dict[str, list[np.ndarray]]) -> Reader:
    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    reader = Reader()
    adam = torch.optim.AdamW(reader.parameters(), RATE, weight_decay=0.05)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=STEPS, pct_start=0.1)
    for step in range(STEPS):
        rows, gains, labels = draw(turns, random)
        loss = functional.cross_entropy(reader(rows, gains), labels, label_smoothing=0.05)
        adam.zero_grad()
        loss.backward()
        adam.step()
        pace.step()
        if step % 100 == 0 or step == STEPS - 1:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    return reader.eval()


def pieces() -> list[tuple[str, float, float, str]]:
    """What is held out: a file, from when to when in seconds, and who speaks."""
    found = []
    for label, turns in HELD_OUT.items():
        for start, end in turns:
            # Whole seconds, and a rest of half a second or more.
            while end - start >= 0.5:
                length = min(1.0, end - start)
                found.append(
                    (f"{FILES[label]}.wav", round(start, 2), round(start + length, 2), label)
                )
                start += 1.0
    return found


def cut(label: str, start: float, end: float) -> np.ndarray:
    return read(label)[round(start * HERTZ) : round(end * HERTZ)]


def export(reader: Reader, path: Path) -> None:
    torch.onnx.export(
        reader,
        (torch.zeros(2, 2 * HERTZ),),
        path,
        input_names=["samples"],
        output_names=["logits"],
        dynamic_axes={"samples": {0: "batch", 1: "samples"}, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)


def literal(array: np.ndarray) -> str:
    """A tensor as the manifest writes it."""
    values = ", ".join(f"{value:.4f}" for value in array.ravel().tolist())
    return f'{{ dtype = "float32", shape = {list(array.shape)}, values = [{values}] }}'


def main() -> None:
    torch.set_num_threads(1)
    reader = train({label: [cut(label, *turn) for turn in TRAINED[label]] for label in LABELS})
    PACKAGE.mkdir(exist_ok=True)
    export(reader, PACKAGE / "model.onnx")
    session = onnxruntime.InferenceSession(PACKAGE / "model.onnx")
    held_out = pieces()
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    for _, start, end, label in held_out:
        samples = cut(label, start, end)
        row = np.zeros((1, 2 * HERTZ), np.float32)
        row[0, : len(samples)] = samples
        padded, bare = (session.run(None, {"samples": x})[0] for x in (row, samples[None]))
        assert np.allclose(padded, bare, atol=1e-3), "zeros behind the end take part"
        confusion[LABELS.index(label), padded.argmax()] += 1
    accuracy = confusion.trace() / confusion.sum()
    print(f"accuracy {accuracy:.4f} on {len(held_out)} held-out pieces; who was taken for whom:")
    print(confusion)
    lines = ["\t".join(map(str, piece)) + "\n" for piece in held_out]
    (HERE / "held-out.tsv").write_text("".join(lines), encoding="utf-8")
    # A tenth of a second of Nell.
    golden = cut("nell", 15.0, 15.1)[None].round(4)
    logits = session.run(None, {"samples": golden})[0]
    manifest = MANIFEST.format(accuracy=accuracy, samples=literal(golden), logits=literal(logits))
    (PACKAGE / "amaas.toml").write_text(manifest, encoding="utf-8")


if __name__ == "__main__":
    main()
