"""500 photos in one call, beside a loop of Pillow, numpy and onnxruntime. See benches/README.md.

Both sides of a question run in turn in one process; medians of the pairs are printed and written
to benches/images.json. The photos are JPEGs of 1,024 by 768 pixels made of scikit-image's sample
images; the network is a small one of five convolutions over 224 by 224 with weights by chance, as
only the time matters here. amaas runs with the settings that a user gets without asking.
"""

import io
import json
import statistics
import tempfile
import time
from pathlib import Path

import amaas
import numpy as np
import onnx
import onnxruntime
import skimage.data
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

ROOT = Path(__file__).parents[1]
COUNT, PAIRS, EDGE = 500, 5, 224
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)

MANIFEST = f"""\
schema = 1

[package]
name = "photos"
version = "1.0.0"
license = "MIT OR Apache-2.0"

[image]
size = {{ height = {EDGE}, width = {EDGE} }}
mean = {[float(f"{value:.3f}") for value in MEAN]}
std = {[float(f"{value:.3f}") for value in STD]}

[task]
kind = "image-classification"
labels = {[f"class {number}" for number in range(10)]}
function_to_apply = "softmax"
"""


def photos():
    """JPEGs of different parts of the sample images."""
    random = np.random.default_rng(500)
    sources = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]
    sources += [skimage.data.rocket(), skimage.data.retina()]
    sources = [Image.fromarray(source).resize((1400, 1100)) for source in sources]
    files = []
    for number in range(COUNT):
        left, top = random.integers(0, 1400 - 1024), random.integers(0, 1100 - 768)
        part = sources[number % len(sources)].crop((left, top, left + 1024, top + 768))
        file = io.BytesIO()
        part.save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


def write_package(folder):
    """A network of five convolutions, each over half the edge."""
    random = np.random.default_rng(5)
    nodes, weights, last, width = [], [], "image", 3
    for layer, wider in enumerate((16, 32, 64, 96, 128)):
        kernel = random.normal(0, (2 / (9 * width)) ** 0.5, (wider, width, 3, 3))
        weights.append(numpy_helper.from_array(kernel.astype(np.float32), f"w{layer}"))
        convolution = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
        nodes.append(helper.make_node("Conv", [last, f"w{layer}"], [f"c{layer}"], **convolution))
        nodes.append(helper.make_node("Relu", [f"c{layer}"], [f"h{layer}"]))
        last, width = f"h{layer}", wider
    dense = random.normal(0, width**-0.5, (width, 10)).astype(np.float32)
    weights.append(numpy_helper.from_array(dense, "dense"))
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["pooled"]))
    nodes.append(helper.make_node("Flatten", ["pooled"], ["flat"]))
    nodes.append(helper.make_node("MatMul", ["flat", "dense"], ["logits"]))
    value = helper.make_tensor_value_info
    inputs = [value("image", TensorProto.FLOAT, ["batch", 3, EDGE, EDGE])]
    outputs = [value("logits", TensorProto.FLOAT, ["batch", 10])]
    graph = helper.make_graph(nodes, "photos", inputs, outputs, weights)
    opsets = [helper.make_opsetid("", 21)]
    onnx.save_model(
        helper.make_model(graph, opset_imports=opsets, ir_version=10), folder / "model.onnx"
    )
    (folder / "amaas.toml").write_text(MANIFEST)


def pixels(file):
    """One image as the network takes it."""
    image = Image.open(io.BytesIO(file)).convert("RGB")
    image = image.resize((EDGE, EDGE), Image.Resampling.BILINEAR)
    scaled = (np.asarray(image, np.float32) / 255 - MEAN) / STD
    return scaled.transpose(2, 0, 1)


def by_hand(session, files, size):
    """The best class of each photo, ``size`` of them at a time."""
    found = []
    for first in range(0, len(files), size):
        batch = np.stack([pixels(file) for file in files[first : first + size]])
        found += session.run(None, {"image": batch})[0].argmax(axis=1).tolist()
    return [f"class {number}" for number in found]


def seconds(call):
    """How long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def compare(question, ours, theirs):
    """Both sides in turn."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(PAIRS)]
    row = {
        "question": question,
        "amaas_per_second": COUNT / statistics.median(a for a, _ in pairs),
        "by_hand_per_second": COUNT / statistics.median(b for _, b in pairs),
        "ratio": statistics.median(b / a for a, b in pairs),
    }
    print(
        f"{question:44} amaas {row['amaas_per_second']:7.1f}/s   "
        f"by hand {row['by_hand_per_second']:7.1f}/s   ratio {row['ratio']:.3f}"
    )
    return row


def main():
    files = photos()
    with tempfile.TemporaryDirectory() as folder:
        write_package(Path(folder))
        session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
        route = amaas.Service().load(folder)

        def ours():
            return [found["label"] for found in route.classify_images(files)]

        same = np.mean([a == b for a, b in zip(ours(), by_hand(session, files, 1), strict=True)])
        print(f"the same class for {same:.1%} of the photos")
        rows = [
            compare(f"Pillow and onnxruntime, {size} at a time", ours, theirs)
            for size, theirs in (
                (1, lambda: by_hand(session, files, 1)),
                (16, lambda: by_hand(session, files, 16)),
            )
        ]
    (ROOT / "benches/images.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
