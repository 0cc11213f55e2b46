"""Trains the package `digits`: a small convolutional network for scikit-learn's handwritten digits.

    python -m pip install --requirement requirements.txt
    python train.py

The images are the 1,797 of `sklearn.datasets.load_digits` (UCI, Optical Recognition of Handwritten
Digits, test part; CC BY 4.0), 8 by 8 pixels of 17 greys. They are stretched to 0 to 255, as image
files have them. Every fifth image of each digit is held out; the number of epochs is fixed
beforehand, so that nothing is chosen on the held-out part.

Training is plain numpy: two convolutions, a maximum over 2 by 2, one dense layer, cross entropy,
Adam. The graph is written with the package `onnx`, run through ONNX Runtime, and measured there.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "1.0.0"
SEED, EPOCHS, BATCH, RATE = 8, 40, 32, 2e-3
COLUMNS = 20

MANIFEST = """\
schema = 1

[package]
name = "digits"
version = "1.0.0"
license = "CC-BY-4.0"
description = "Tells which digit is written on an image of 8 by 8 pixels, white on black."

[image]
channels = "grey"
size = {{ height = 8, width = 8 }}
resample = "box"

[task]
kind = "image-classification"
labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
function_to_apply = "softmax"

[metrics]
held_out_accuracy = {accuracy:.4f}

[[golden]]
image = "golden.png"
expect = [{{ label = "{label}", score = {score:.4f} }}]
tolerance = 1e-3
"""


def split(labels):
    """Places of the images to train on and of those held out: every fifth of each digit."""
    held_out = np.concatenate([np.flatnonzero(labels == digit)[::5] for digit in range(10)])
    held_out.sort()
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def patches(x):
    """All 3 by 3 neighbourhoods, zeros outside: [n, c, h, w] to [n, h, w, c * 9]."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(*x.shape[:1], *x.shape[2:], -1)


def unpatch(gradient, shape):
    """What of each neighbourhood's gradient falls on each pixel."""
    n, c, h, w = shape
    parts = gradient.reshape(n, h, w, c, 3, 3).transpose(0, 3, 4, 5, 1, 2)
    padded = np.zeros((n, c, h + 2, w + 2), gradient.dtype)
    for row in range(3):
        for column in range(3):
            padded[:, :, row : row + h, column : column + w] += parts[:, :, row, column]
    return padded[:, :, 1:-1, 1:-1]


def initial(random):
    """Weights by He et al.: the deviation is the root of 2 over the number of inputs."""
    shapes = {"w1": (9, 16), "w2": (16 * 9, 32), "w3": (32 * 16, 10)}
    weights = {
        name: random.normal(0, (2 / shape[0]) ** 0.5, shape) for name, shape in shapes.items()
    }
    return weights | {f"b{name[1]}": np.zeros(shape[1]) for name, shape in shapes.items()}


def forward(p, x):
    """Logits, and what the way back needs."""
    c1 = patches(x)
    h1 = np.maximum(c1 @ p["w1"] + p["b1"], 0).transpose(0, 3, 1, 2)
    c2 = patches(h1)
    h2 = np.maximum(c2 @ p["w2"] + p["b2"], 0).transpose(0, 3, 1, 2)
    blocks = h2.reshape(len(x), 32, 4, 2, 4, 2)
    pooled = blocks.max(axis=(3, 5))
    flat = pooled.reshape(len(x), -1)
    return flat @ p["w3"] + p["b3"], (c1, h1, c2, h2, blocks, pooled, flat)


def backward(p, logits, labels, kept):
    """The gradient of the mean cross entropy."""
    c1, h1, c2, h2, blocks, pooled, flat = kept
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    scores[np.arange(len(labels)), labels] -= 1
    d = scores / len(labels)
    g = {"w3": flat.T @ d, "b3": d.sum(axis=0)}
    d = (d @ p["w3"].T).reshape(pooled.shape)
    first = blocks == pooled[:, :, :, None, :, None]
    d = (first * d[:, :, :, None, :, None]).reshape(h2.shape) * (h2 > 0)
    d = d.transpose(0, 2, 3, 1)
    g["w2"], g["b2"] = np.tensordot(c2, d, ((0, 1, 2),) * 2), d.sum(axis=(0, 1, 2))
    d = (unpatch(d @ p["w2"].T, h1.shape) * (h1 > 0)).transpose(0, 2, 3, 1)
    g["w1"], g["b1"] = np.tensordot(c1, d, ((0, 1, 2),) * 2), d.sum(axis=(0, 1, 2))
    return g


def train(x, labels):
    """Adam over batches in an order of its own in each epoch; images move by up to one pixel."""
    random = np.random.default_rng(SEED)
    p = initial(random)
    first, second = ({name: np.zeros_like(w) for name, w in p.items()} for _ in range(2))
    step = 0
    for epoch in range(EPOCHS):
        order = random.permutation(len(x))
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for places in np.array_split(order, len(x) // BATCH):
            moved = np.roll(x[places], random.integers(-1, 2, 2), axis=(2, 3))
            logits, kept = forward(p, moved)
            gradient = backward(p, logits, labels[places], kept)
            step += 1
            for name, g in gradient.items():
                first[name] += 0.1 * (g - first[name])
                second[name] += 0.001 * (g * g - second[name])
                mean, square = first[name] / (1 - 0.9**step), second[name] / (1 - 0.999**step)
                p[name] -= rate * mean / (np.sqrt(square) + 1e-8)
    return p


def export(p, path):
    """The same network as an ONNX graph."""

    def convolution(name):
        return p[name].reshape(-1, 3, 3, p[name].shape[1]).transpose(3, 0, 1, 2)

    weights = {"w1": convolution("w1"), "w2": convolution("w2"), "w3": p["w3"]}
    weights |= {name: p[name] for name in ("b1", "b2", "b3")}
    node = helper.make_node
    nodes = [
        node("Conv", ["image", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["h1"]),
        node("Conv", ["h1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1]),
        node("Relu", ["c2"], ["h2"]),
        node("MaxPool", ["h2"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["pooled"], ["flat"]),
        node("Gemm", ["flat", "w3", "b3"], ["logits"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "digits",
        [value("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [value("logits", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    opsets = [helper.make_opsetid("", 21)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="amaas")
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, path)


def main():
    digits = load_digits()
    pixels = np.rint(digits.images * 255 / 16).astype(np.uint8)
    x = (pixels / 255)[:, None]
    trained, held_out = split(digits.target)
    p = train(x[trained], digits.target[trained])
    PACKAGE.mkdir(exist_ok=True)
    export(p, PACKAGE / "model.onnx")
    session = onnxruntime.InferenceSession(PACKAGE / "model.onnx")
    logits = session.run(None, {"image": x[held_out].astype(np.float32)})[0]
    assert np.allclose(logits, forward(p, x[held_out])[0], atol=1e-3)
    labels = digits.target[held_out]
    accuracy = np.mean(logits.argmax(axis=1) == labels)
    scores = np.exp(logits[0] - logits[0].max())
    score = scores.max() / scores.sum()
    Image.fromarray(pixels[held_out[0]]).save(PACKAGE / "golden.png", optimize=True)
    manifest = MANIFEST.format(accuracy=accuracy, label=logits[0].argmax(), score=score)
    (PACKAGE / "amaas.toml").write_text(manifest)
    rows = -(-len(held_out) // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, 8, 8), np.uint8)
    sheet[: len(held_out)] = pixels[held_out]
    sheet = sheet.reshape(rows, COLUMNS, 8, 8).swapaxes(1, 2).reshape(rows * 8, COLUMNS * 8)
    Image.fromarray(sheet).save(HERE / "held-out.png", optimize=True)
    (HERE / "held-out.txt").write_text("".join(map(str, labels)) + "\n")
    print(f"{len(trained)} images to train on, {len(held_out)} held out, accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
