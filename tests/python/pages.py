"""The pages of docs/ by their blocks, and what the page of Python takes for granted."""

import importlib.util
import re
import shutil

import amaas
import onnx
from conftest import ROOT
from onnx import TensorProto, helper

REVIEWS = ROOT / "models/sentiment"
FENCE = re.compile(
    r"^(?:#+ (?P<title>[^\n]+)|```(?P<kind>[\w,]*)\n(?P<code>.*?)^```)$", re.DOTALL | re.MULTILINE
)


def blocks(page):
    """The blocks of a page: the heading each is below, its language, its text."""
    title, found = "", []
    for match in FENCE.finditer(page.read_text(encoding="utf-8")):
        if match["title"]:
            title = match["title"]
        else:
            found.append((title, match["kind"], match["code"]))
    return found


def settle_in(folder):
    """A registry in `models/`, packages, graphs and texts beside it."""
    (folder / "packages").mkdir()
    shutil.copytree(REVIEWS / "1.1.0", folder / "packages/sentiment-1.1.0")
    shutil.copytree(ROOT / "models/names/1.0.0", folder / "packages/names-1.0.0")
    (folder / "reviews.txt").write_text("I loved it\nDull\n", encoding="utf-8")
    clone = folder / "clone"
    (clone / "models").mkdir(parents=True)
    (clone / "models/sentiment").symlink_to(REVIEWS)
    shutil.copy(folder / "reviews.txt", clone)
    media(folder)
    vision(folder / "resnet.onnx")
    encoder(folder / "packages/all-minilm-l6-v2")
    snapshot(folder / "packages/all-minilm-l6-v2", folder / "all-MiniLM-L6-v2")
    with amaas.Service(folder / "models") as service:
        for version in ("1.0.0", "1.1.0"):
            service.publish(REVIEWS / version)
            service.publish(renamed(REVIEWS / version, folder / f"packages/ner-{version}", "ner"))
        old = renamed(REVIEWS / "1.0.0", folder / "packages/ner-0.9.0", "ner", "0.9.0")
        service.publish(old)
        service.publish(folder / "packages/all-minilm-l6-v2")
        service.publish(ROOT / "models/digits/1.0.0")
        for fixture, name, version in STAND_INS:
            source, to = ROOT / "tests/fixtures" / fixture, folder / "packages" / name
            service.publish(renamed(source, to, name, version, fixture))
        service.alias("ner", "champion", "1.0.0")
        service.alias("sentiment", "champion", "1.0.0")
        trial = renamed(REVIEWS / "1.1.0", folder / "packages/next", "sentiment", "1.2.0-rc.1")
        service.publish(trial)
        service.alias("sentiment", "next", "1.2.0-rc.1")


# Small packages in place of large ones that answer alike.
STAND_INS = [("hearing", "silero-vad", "6.0.0"), ("writer", "smollm2", "1.0.0")]


def media(folder):
    """The recordings and images that the page names."""
    fixtures = ROOT / "tests/fixtures"
    for source, names in (
        (fixtures / "tone.mp3", ["interview.mp3"]),
        (fixtures / "tone.wav", ["a.wav", "street.wav"]),
        (fixtures / "tone.flac", ["b.flac"]),
        (ROOT / "models/digits/1.0.0/golden.png", ["seven.png"]),
        (fixtures / "images/rgb.jpg", ["street.jpg"]),
        (fixtures / "images/rgb.png", ["page.png"]),
    ):
        for name in names:
            shutil.copy(source, folder / name)


def renamed(source, to, name, version=None, old="sentiment"):
    """A copy of a package under another name."""
    shutil.copytree(source, to)
    text = (to / "amaas.toml").read_text(encoding="utf-8")
    text = text.replace(f'name = "{old}"', f'name = "{name}"', 1)
    if version:
        text = re.sub(
            r'^version = ".*"$', f'version = "{version}"', text, count=1, flags=re.MULTILINE
        )
    (to / "amaas.toml").write_text(text, encoding="utf-8")
    return to


def vision(path):
    """A graph with the ports of a network for images."""

    def port(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["logits"]),
    ]
    images, logits = port("x", ["batch", 3, 224, 224]), port("logits", ["batch", 3])
    graph = helper.make_graph(nodes, "vision", [images], [logits])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def encoder(folder):
    """The encoder of the fixtures, as wide as MiniLM."""
    path = ROOT / "tests/fixtures/make_encoder.py"
    spec = importlib.util.spec_from_file_location("make_encoder", path)
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.FOLDER, make.WIDTH = folder, 384
    folder.mkdir()
    make.main()
    text = (folder / "amaas.toml").read_text(encoding="utf-8")
    text = text.replace('name = "encoder"', 'name = "all-minilm-l6-v2"')
    (folder / "amaas.toml").write_text(text, encoding="utf-8")


def snapshot(package, folder):
    """The same as a snapshot of Hugging Face."""
    (folder / "onnx").mkdir(parents=True)
    shutil.copy(package / "model.onnx", folder / "onnx/model.onnx")
    shutil.copy(package / "tokenizer.json", folder)
    (folder / "config.json").write_text('{"model_type": "bert", "max_position_embeddings": 256}')
    (folder / "README.md").write_text("---\nlicense: mit\npipeline_tag: sentence-similarity\n---\n")
