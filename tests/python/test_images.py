"""Images in: bytes, paths, arrays and Pillow-like objects; labels, boxes and lines out."""

import asyncio
import json
import os
import subprocess
import sys

import amaas
import numpy as np
import pytest
from conftest import ROOT

FIXTURES = ROOT / "tests/fixtures"
PICTURE = FIXTURES / "images/rgb.png"
READER = ROOT / "models/ocr/rapidocr/1.0.0"


@pytest.fixture(scope="module")
def service():
    with amaas.Service() as service:
        yield service


@pytest.fixture(scope="module")
def colours(service):
    return service.load(FIXTURES / "colours")


@pytest.fixture(scope="module")
def boxes(service):
    return service.load(FIXTURES / "boxes")


@pytest.fixture(scope="module")
def reader(service):
    return service.load(READER)


class Shown:
    """Shows its pixels as an image of Pillow's does."""

    def __init__(self, pixels, mode):
        self.pixels, self.mode = pixels, mode

    @property
    def __array_interface__(self):
        return self.pixels.__array_interface__

    def convert(self, mode):
        assert mode == "RGB"
        return Shown(np.repeat(self.pixels[..., None], 3, axis=2), "RGB")


def green(channels=3):
    pixels = np.zeros((4, 6, channels), np.uint8)
    pixels[..., 1] = 255
    return pixels


@pytest.mark.parametrize(
    ("image", "label"),
    [
        (PICTURE, "red"),
        (str(PICTURE), "red"),
        (PICTURE.read_bytes(), "red"),
        (green(), "green"),
        (green(4), "green"),
        (green()[:, ::2], "green"),
        (Shown(green(), "RGB"), "green"),
    ],
    ids=["path", "str", "bytes", "array", "alpha", "strided", "shown"],
)
def test_whatever_is_an_image(colours, image, label):
    assert colours(image)[0]["label"] == label
    assert colours.classify_images([image, image], top_k=1)[1][0]["label"] == label


def test_other_modes_are_converted_and_grey_is_all_channels(colours):
    grey = np.full((4, 4), 51, np.uint8)
    for image in (grey, grey[..., None], Shown(grey, "L"), Shown(grey, "P")):
        scores = [found["score"] for found in colours(image, top_k=None)]
        assert scores == pytest.approx([0.2, 0.2, 0.2], abs=1e-6)


def test_answers_are_nested_as_those_of_texts(colours):
    assert len(colours(PICTURE)) == 1
    assert len(colours(PICTURE, top_k=3)) == 3
    assert [len(found) for found in colours([PICTURE, green()], top_k=2)] == [2, 2]
    assert [found["label"] for found in colours([PICTURE, green()])] == ["red", "green"]
    assert colours([]) == []
    assert colours.labels == ["red", "green", "blue"]


def test_what_is_no_image_is_refused(colours):
    for wrong in (7, None, {"image": PICTURE}, [7]):
        with pytest.raises(TypeError, match="image"):
            colours(wrong)
    with pytest.raises(amaas.InvalidArgument, match="unknown format"):
        colours(b"no image at all")
    with pytest.raises(amaas.InvalidArgument, match="image: 1"):
        colours([PICTURE, PICTURE.read_bytes()[:40]])
    with pytest.raises(amaas.InvalidArgument, match="uint8"):
        colours(np.zeros((4, 4, 3), np.float32))
    with pytest.raises(amaas.Error, match="cannot be read"):
        colours("no/such/file.png")
    with pytest.raises(amaas.InvalidArgument, match="top_k"):
        colours(PICTURE, top_k=0)
    with pytest.raises(amaas.Unsupported):
        colours.detect(PICTURE)


def test_boxes_are_dicts_in_pixels(boxes):
    white = np.full((128, 128), 255, np.uint8)
    found = boxes(white)
    assert [one["label"] for one in found] == ["bright", "bright"]
    assert found[0]["box"] == {"xmin": 16, "ymin": 48, "xmax": 48, "ymax": 80}
    assert found[0]["score"] == pytest.approx(0.9)
    assert len(boxes.detect(white, overlap=1.0)) == 3
    assert boxes.detect([white], threshold=1.0) == [[]]


def test_the_page_is_read_as_by_the_reference(reader):
    known = json.loads((ROOT / "models/ocr/page.json").read_text(encoding="utf-8"))["page"]
    lines = reader(READER / "page.png")
    assert [line["text"] for line in lines] == [line["text"] for line in known]
    assert all(0.5 < line["score"] <= 1 for line in lines)
    assert np.abs(np.subtract(lines[0]["corners"], known[0]["corners"])).max() <= 4
    assert reader.read_images([green()]) == [[]]


def test_await(colours, boxes, reader):
    async def all_three():
        white = np.full((64, 64), 255, np.uint8)
        return await asyncio.gather(
            colours.classify_images_async(PICTURE),
            boxes.detect_async([white]),
            reader.read_images_async(READER / "page.png"),
        )

    labels, found, lines = asyncio.run(all_three())
    assert labels[0]["label"] == "red"
    assert [len(one) for one in found] == [2]
    assert lines[0]["text"] == reader(READER / "page.png")[0]["text"]


def test_the_example_reads_a_page():
    program = [sys.executable, ROOT / "examples/ocr.py"]
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=os.environ)
    assert "Let us first determine markers" in done.stdout
