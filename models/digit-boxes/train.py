"""Trains the package `digit-boxes`: a detector that finds handwritten digits on a grey page.

    python -m pip install --requirement requirements.txt
    python train.py

The digits are those of `sklearn.datasets.load_digits` (UCI, Optical Recognition of Handwritten
Digits, test part; CC BY 4.0), parted as for the package `digits`: every fifth of each is held out.
Pages are made of them. A digit is enlarged 2 to 3.5 times, turned by some degrees and drawn in
dark ink on grey paper with ruled lines and noise, away from all others. Pages to train on are made
anew for each step; on the held-out pages each held-out digit stands once. The number of steps and
the threshold are fixed beforehand, so that nothing is chosen on the held-out part.

The detector has no anchors: for each cell of 4 by 4 pixels it gives a score for each digit and one
box. The cells at the middle of a digit answer for it. The graph ends in boxes in pixels, and scores
from 0 to 1; which of several boxes stands for a digit is left to whoever reads them.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
SEED, STEPS, BATCH, RATE = 8, 6000, 16, 3e-3
EDGE, CELL, COLUMNS = 96, 4, 8
THRESHOLD, LEAST, OVERLAP = 0.5, 0.05, 0.45
GOLDEN = 1

MANIFEST = """\
schema = 1

[package]
name = "digit-boxes"
version = "1.0.0"
license = "CC-BY-4.0"
description = "Finds handwritten digits on a grey page of 96 by 96 pixels, and says which they are."

[image]
channels = "grey"
size = {{ height = 96, width = 96 }}

[task]
kind = "object-detection"
labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
outputs = {{ layout = "separate", boxes = "boxes", scores = "scores" }}
boxes = "xyxy"
threshold = {threshold}
overlap = {overlap}

[metrics]
held_out_average_precision = {average:.4f}
held_out_precision = {precision:.4f}
held_out_recall = {recall:.4f}

[[golden]]
image = "golden.png"
expect = [
{expect}]
tolerance = 1e-3
"""

# Pixels and what they say; a digit and its box; a digit, its score and its box.
Digit = tuple[np.ndarray, int]
Truth = list[tuple[int, list[float]]]
Found = list[tuple[int, float, list[float]]]


def split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the images to train on and of those held out: every fifth of each digit."""
    held_out = np.concatenate([np.flatnonzero(labels == digit)[::5] for digit in range(10)])
    held_out.sort()
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def ink(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A digit enlarged and turned, cut to what is seen of it; 0 to 1."""
    factor, stretch = random.uniform(2, 3.5), random.uniform(0.85, 1.15)
    size = round(8 * factor * stretch), round(8 * factor / stretch)
    large = Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)
    large = large.rotate(random.uniform(-8, 8), Image.Resampling.BILINEAR, expand=True)
    values = np.asarray(large, np.float32) / 255
    rows, columns = (np.flatnonzero((values > 0.25).any(axis=axis)) for axis in (1, 0))
    return values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def page(digits: list[Digit], random: np.random.Generator) -> tuple[np.ndarray, Truth]:
    """A page with these digits on it, and the box of each."""
    paper = np.full((EDGE, EDGE), random.uniform(140, 240), np.float32)
    paper += np.linspace(0, random.uniform(-25, 25), EDGE)
    pitch, shade = random.integers(12, 33), random.uniform(0, 40)
    lines = slice(random.integers(0, pitch), None, pitch)
    paper[lines] -= shade
    if random.random() < 0.5:
        paper[:, lines] -= shade
    truth: Truth = []
    taken = np.zeros((EDGE, EDGE), bool)
    for pixels, label in digits:
        drawn = ink(pixels, random)
        height, width = drawn.shape
        for _ in range(200):
            top, left = (int(random.integers(1, EDGE - side)) for side in (height, width))
            rows = slice(max(top - 2, 0), top + height + 2)
            columns = slice(max(left - 2, 0), left + width + 2)
            if not taken[rows, columns].any():
                break
        else:
            continue
        place = slice(top, top + height), slice(left, left + width)
        taken[place] = True
        paper[place] += drawn * (random.uniform(10, 80) - paper[place])
        truth.append((label, [left, top, left + width, top + height]))
    paper += random.normal(0, random.uniform(2, 8), paper.shape)
    # 32 greys are enough, and make small files.
    return (paper.clip(0, 255) / 8).astype(np.uint8) * 8, truth


class Detector(nn.Module):
    """Convolutions down to a sixteenth of the cells' number and back up, then two heads."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(block(1, 16, 2), block(16, 32, 2))
        self.down = block(32, 48, 2)
        self.deep = nn.ModuleList(nn.Sequential(block(48, 48), block(48, 48)) for _ in range(2))
        self.up = block(48, 32)
        self.joined = block(32, 32)
        self.scores = nn.Conv2d(32, 10, 1)
        self.boxes = nn.Conv2d(32, 4, 1)
        nn.init.constant_(self.scores.bias, -4.0)
        rows = (torch.arange(EDGE // CELL) + 0.5) * CELL
        grid = torch.stack(torch.meshgrid(rows, rows, indexing="xy"), -1)
        self.register_buffer("middles", grid.reshape(-1, 2))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes in pixels, left, top, right and bottom, and scores, a row for each cell."""
        near = self.stem(image)
        far = self.down(near)
        for both in self.deep:
            far = far + both(far)
        far = functional.interpolate(self.up(far), scale_factor=2.0, mode="nearest")
        seen = self.joined(near + far)
        cells = len(self.middles)
        raw = self.boxes(seen).reshape(-1, 4, cells).transpose(1, 2)
        middles = self.middles + CELL * raw[..., :2]
        halves = 8 * torch.exp(raw[..., 2:].clamp(-4, 4))
        boxes = torch.cat([middles - halves, middles + halves], -1)
        logits = self.scores(seen).reshape(-1, 10, cells).transpose(1, 2)
        return boxes, logits if self.training else torch.sigmoid(logits)


def block(given: int, made: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(given, made, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(made), nn.ReLU())


def share(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The area that boxes share over the area that they cover together."""
    ends, starts = torch.minimum(one, other)[..., 2:], torch.maximum(one, other)[..., :2]
    both = (ends - starts).clamp(min=0).prod(-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(-1) for boxes in (one, other)]
    return both / (areas[0] + areas[1] - both)


def targets(detector: Detector, truths: list[Truth]) -> tuple[torch.Tensor, torch.Tensor]:
    """For each cell the digit that it answers for, -1 for none, and that digit's box."""
    labels = torch.full((len(truths), len(detector.middles)), -1)
    boxes = torch.zeros(*labels.shape, 4)
    for row, truth in enumerate(truths):
        nearest = torch.full((len(detector.middles),), float(CELL))
        for label, box in truth:
            middle = torch.tensor([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
            away = (detector.middles - middle).abs().amax(1)
            own = away < nearest
            nearest[own] = away[own]
            labels[row, own] = label
            boxes[row, own] = torch.tensor(box, dtype=torch.float32)
    return labels, boxes


def train(digits: list[Digit]) -> Detector:
    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    detector = Detector()
    adam = torch.optim.AdamW(detector.parameters(), RATE, weight_decay=0.01)
    pace = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=STEPS, pct_start=0.1)
    for step in range(STEPS):
        drawn = [random.integers(len(digits), size=random.integers(0, 8)) for _ in range(BATCH)]
        made = [page([digits[place] for place in some], random) for some in drawn]
        pages, truths = zip(*made, strict=True)
        labels, boxes = targets(detector, truths)
        own = labels >= 0
        found, logits = detector(torch.from_numpy(np.stack(pages))[:, None] / 255)
        wanted = functional.one_hot(labels.clamp(min=0), 10) * own[..., None]
        count = own.sum().clamp(min=1)
        loss = functional.binary_cross_entropy_with_logits(logits, wanted.float(), reduction="sum")
        apart = functional.smooth_l1_loss(found[own], boxes[own], reduction="sum") / 8
        loss = (loss + apart + (1 - share(found[own], boxes[own])).sum()) / count
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(detector.parameters(), 5.0)
        adam.step()
        pace.step()
        if step % 500 == 0:
            print(f"step {step}: loss {loss.item():.4f}", flush=True)
    return detector.eval()


def kept(boxes: np.ndarray, scores: np.ndarray) -> Found:
    """Digits on one page, best first: of boxes of one digit that overlap the best."""
    labels, best = scores.argmax(1), scores.max(1)
    found: Found = []
    for place in np.argsort(-best)[: (best >= LEAST).sum()]:
        box, label = boxes[place].tolist(), int(labels[place])
        others = [other for known, _, other in found if known == label]
        if all(share(torch.tensor(box), torch.tensor(other)) <= OVERLAP for other in others):
            found.append((label, float(best[place]), box))
    return found


def judge(found: list[Found], truths: list[Truth]) -> list[tuple[float, int, bool]]:
    """Score and label of all that was found, best first, and whether it is right."""
    left = [list(truth) for truth in truths]
    judged = []
    flat = [(one[1], number, one[0], one[2]) for number, some in enumerate(found) for one in some]
    for score, number, label, box in sorted(flat, reverse=True):
        like = [one for one in left[number] if one[0] == label]
        shares = [float(share(torch.tensor(box), torch.tensor(one[1]))) for one in like]
        right = max(shares, default=0.0) >= 0.5
        if right:
            left[number].remove(like[int(np.argmax(shares))])
        judged.append((score, label, right))
    return judged


def average_precision(judged: list[tuple[float, int, bool]], truths: list[Truth]) -> float:
    """The area below precision over recall at an overlap of a half, its mean over the digits."""
    areas = []
    for digit in range(10):
        right = np.array([one[2] for one in judged if one[1] == digit], bool)
        precision = right.cumsum() / np.arange(1, len(right) + 1)
        highest = np.maximum.accumulate(precision[::-1])[::-1]
        there = sum(label == digit for truth in truths for label, _ in truth)
        areas.append(highest[right].sum() / there)
    return float(np.mean(areas))


def export(detector: Detector, path: Path) -> None:
    torch.onnx.export(
        detector,
        (torch.zeros(2, 1, EDGE, EDGE),),
        path,
        input_names=["image"],
        output_names=["boxes", "scores"],
        dynamic_axes={name: {0: "batch"} for name in ("image", "boxes", "scores")},
        opset_version=17,
        dynamo=False,
    )
    model = onnx.load(path)
    for output, width in zip(model.graph.output, (4, 10), strict=True):
        _, cells, numbers = output.type.tensor_type.shape.dim
        cells.dim_value, numbers.dim_value = len(detector.middles), width
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def held_out_pages(digits: list[Digit]) -> tuple[list[np.ndarray], list[Truth]]:
    """Pages on which each digit stands once."""
    random = np.random.default_rng(SEED + 1)
    waiting = random.permutation(len(digits)).tolist()
    made = []
    while waiting:
        count = random.integers(4, 8)
        made.append(page([digits[place] for place in waiting[:count]], random))
        waiting = waiting[count:]
    pages, truths = zip(*made, strict=True)
    assert sum(map(len, truths)) == len(digits)
    return pages, truths


def main() -> None:
    torch.set_num_threads(1)
    loaded = load_digits()
    pixels = np.rint(loaded.images * 255 / 16).astype(np.uint8)
    digits = list(zip(pixels, loaded.target.tolist(), strict=True))
    trained, held_out = split(loaded.target)
    detector = train([digits[place] for place in trained])
    pages, truths = held_out_pages([digits[place] for place in held_out])
    PACKAGE.mkdir(exist_ok=True)
    export(detector, PACKAGE / "model.onnx")
    session = onnxruntime.InferenceSession(PACKAGE / "model.onnx")
    outputs = session.run(None, {"image": np.stack(pages)[:, None].astype(np.float32) / 255})
    found = [kept(*row) for row in zip(*outputs, strict=True)]
    judged = judge(found, truths)
    sure = [right for score, _, right in judged if score >= THRESHOLD]
    metrics = {
        "average": average_precision(judged, truths),
        "precision": sum(sure) / max(len(sure), 1),
        "recall": sum(sure) / len(held_out),
    }
    print(f"{len(held_out)} digits on {len(pages)} held-out pages, {len(sure)} found: {metrics}")
    write(pages, truths, found[GOLDEN], metrics)


def write(
    pages: list[np.ndarray], truths: list[Truth], found: Found, metrics: dict[str, float]
) -> None:
    """The manifest, the golden page, and the held-out pages with what is on them."""
    Image.fromarray(pages[GOLDEN]).save(PACKAGE / "golden.png", optimize=True)
    expect = "".join(
        f'    {{ label = "{label}", score = {score:.4f}, box = {np.round(box, 1).tolist()} }},\n'
        for label, score, box in found
        if score >= THRESHOLD
    )
    manifest = MANIFEST.format(threshold=THRESHOLD, overlap=OVERLAP, expect=expect, **metrics)
    (PACKAGE / "amaas.toml").write_text(manifest, encoding="utf-8")
    sheet = np.zeros((-(-len(pages) // COLUMNS) * COLUMNS, EDGE, EDGE), np.uint8)
    sheet[: len(pages)] = pages
    sheet = sheet.reshape(-1, COLUMNS, EDGE, EDGE).swapaxes(1, 2).reshape(-1, COLUMNS * EDGE)
    Image.fromarray(sheet).save(HERE / "held-out.png", optimize=True)
    marks = [(n, label, *box) for n, truth in enumerate(truths) for label, box in truth]
    lines = ["\t".join(map(str, mark)) + "\n" for mark in marks]
    (HERE / "held-out.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
