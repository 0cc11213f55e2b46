"""Named arrays in, named arrays out: every dtype, every layout, every way to be wrong."""

import gc
import sys
import threading

import amaas
import ml_dtypes
import numpy as np
import onnx
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from onnx import TensorProto, helper

FIXTURES = ROOT / "tests/fixtures"

NUMPY = {
    "bool": TensorProto.BOOL,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "float16": TensorProto.FLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
}
ML_DTYPES = {
    "bfloat16": TensorProto.BFLOAT16,
    "float8_e4m3fn": TensorProto.FLOAT8E4M3FN,
    "float8_e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ,
    "float8_e5m2": TensorProto.FLOAT8E5M2,
    "float8_e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ,
    "float8_e8m0fnu": TensorProto.FLOAT8E8M0,
    "float4_e2m1fn": TensorProto.FLOAT4E2M1,
    "int4": TensorProto.INT4,
    "uint4": TensorProto.UINT4,
    "int2": TensorProto.INT2,
    "uint2": TensorProto.UINT2,
}
DTYPES = {**NUMPY, **ML_DTYPES, "string": TensorProto.STRING}


@pytest.fixture(scope="session")
def service():
    with amaas.Service(threads=1) as service:
        yield service


@pytest.fixture(scope="session")
def mirrors(service, tmp_path_factory):
    """For each dtype a model that hands its input through, whatever the shape."""
    folder = tmp_path_factory.mktemp("mirrors")

    def mirror(name, dtype):
        port = helper.make_tensor_value_info("x", dtype, None)
        graph = helper.make_graph([], name, [port], [port])
        opsets = [helper.make_opsetid("", 21)]
        path = folder / f"{name.replace('_', '-')}.onnx"
        onnx.save_model(helper.make_model(graph, opset_imports=opsets, ir_version=11), path)
        return service.load(path)

    return {name: mirror(name, dtype) for name, dtype in DTYPES.items()}


@pytest.fixture(scope="session")
def noop(service):
    return service.load(FIXTURES / "noop.onnx")


def numpy_dtype(name):
    return np.dtype(getattr(ml_dtypes, name) if name in ML_DTYPES else name)


def sample(name, shape):
    """An array with small whole numbers, of which every dtype holds some."""
    count = int(np.prod(shape))
    ones = np.arange(count).reshape(shape) % 2
    values = ones if name in ("bool", "int2") else 2.0**ones
    return values.astype(numpy_dtype(name))


def same(found, expected):
    """Bit for bit, so that not-a-numbers count as equal to themselves."""
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("shape", [(), (0,), (1,), (5,), (2, 3), (2, 0, 3), (3, 1, 5)])
@pytest.mark.parametrize("name", [*NUMPY, *ML_DTYPES])
def test_every_dtype_and_rank(mirrors, name, shape):
    array = sample(name, shape)
    same(mirrors[name].run({"x": array})["x"], array)


@pytest.mark.parametrize("name", ML_DTYPES)
def test_every_bit_pattern(mirrors, name):
    bits = 8 if "8" in name else 4 if "4" in name else 2
    patterns = np.arange(256 if bits == 8 else 1 << bits, dtype=np.uint8)
    if name == "bfloat16":
        patterns = np.arange(1 << 16, dtype=np.uint16)
    array = patterns.view(numpy_dtype(name))
    found = mirrors[name].run({"x": array})["x"]
    if bits < 8 and name != "bfloat16":  # the spare bits are the dtype's own affair
        np.testing.assert_array_equal(found.astype(np.float32), array.astype(np.float32))
    else:
        same(found, array)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_any_array_of_numpys_own(mirrors, data):
    name = data.draw(st.sampled_from(list(NUMPY)))
    shape = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    array = data.draw(hnp.arrays(np.dtype(name), shape))
    order = data.draw(st.permutations(range(array.ndim)))
    step = data.draw(st.sampled_from([1, 2, -1]))
    view = array.transpose(order)[(slice(None, None, step),) * min(array.ndim, 1)]
    found = mirrors[name].run({"x": view.astype(view.dtype.newbyteorder(">"))})["x"]
    same(found, view)
    same(mirrors[name].run({"x": view})["x"], view)


@pytest.mark.parametrize("name", [*NUMPY, *ML_DTYPES])
@pytest.mark.parametrize(
    "layout",
    [
        lambda array: array.T,
        lambda array: array[::2, ::-1],
        np.asfortranarray,
        lambda array: np.broadcast_to(array[:1], array.shape),
        lambda array: array[:, 1],
    ],
    ids=["transposed", "strided", "fortran", "broadcast", "column"],
)
def test_every_layout(mirrors, name, layout):
    array = layout(sample(name, (4, 6)))
    same(mirrors[name].run({"x": array})["x"], array)


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_complex_numbers_reach_the_model_which_has_no_use_for_them(service, noop, name):
    with pytest.raises(amaas.InvalidArgument, match=f"is {name} where the model expects float32"):
        noop.run({"x": np.zeros((1, 2), name).T})
    with pytest.raises(amaas.LoadFailed, match=name):  # no ONNX Runtime takes them so far
        service.load(FIXTURES / f"dtype_{name}.onnx")


def test_big_endian_and_unaligned(mirrors):
    array = np.arange(12, dtype=">f4").reshape(3, 4)
    same(mirrors["float32"].run({"x": array})["x"], array.astype(np.float32))
    packed = np.zeros(5, dtype=[("tag", "u1"), ("value", "<f8")])
    packed["value"] = np.arange(5)
    same(mirrors["float64"].run({"x": packed["value"]})["x"], np.arange(5.0))


TEXTS = ["", "plain", "žluťoučký kůň", "日本語 🎬", "with\nlines", "x" * 1000]


@pytest.mark.parametrize(
    "array",
    [
        np.array(TEXTS, dtype=object),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object).reshape(2, 3).T,
        np.array(TEXTS)[::-2],
        np.array("scalar"),
        np.array([], dtype=object),
    ],
    ids=["object", "unicode", "transposed", "strided", "scalar", "empty"],
)
def test_texts(mirrors, array):
    found = mirrors["string"].run({"x": array})["x"]
    assert (found.dtype, found.shape) == (np.dtype(object), array.shape)
    assert found.tolist() == array.tolist()


def test_lists_and_numbers_take_the_dtype_of_the_input(mirrors):
    def run(name, value):
        return mirrors[name].run({"x": value})["x"]

    same(run("float32", [[1, 2], [3, 4.5]]), np.array([[1, 2], [3, 4.5]], np.float32))
    same(run("float16", 0.5), np.array(0.5, np.float16))
    same(run("int8", (1, -2)), np.array([1, -2], np.int8))
    same(run("uint64", 2**64 - 1), np.array(2**64 - 1, np.uint64))
    same(run("bool", [True, False]), np.array([True, False]))
    same(run("bfloat16", [1.5]), np.array([1.5], ml_dtypes.bfloat16))
    same(run("int64", []), np.array([], np.int64))
    assert run("string", ["a", "ß"]).tolist() == ["a", "ß"]
    assert run("string", "one").tolist() == "one"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("int64", [1.5]),
        ("int8", [300]),
        ("uint8", [-1]),
        ("bool", [1]),
        ("float32", ["1"]),
        ("string", [1]),
        ("float32", [1j]),
        ("float32", [[1], [1, 2]]),
        ("float32", [None]),
        ("float32", {"a": 1}),
    ],
)
def test_lists_that_would_lose_something(mirrors, name, value):
    with pytest.raises(amaas.InvalidArgument) as caught:
        mirrors[name].run({"x": value})
    assert "x" in str(caught.value)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((1, 2)), r"input `x` is float64 .* expects float32; pass float32\["),
        (np.float64(1), r"input `x` is float64 .* expects float32"),
        (np.zeros((1, 2), np.int32), r"is int32 .* expects float32"),
        (np.zeros(2, np.float32), r"has shape \[2\] .* expects \[batch, 2\]"),
        (np.zeros((1, 3), np.float32), r"has shape \[1, 3\] .* expects \[batch, 2\]"),
        (np.zeros((1, 2), ">i8"), r"is int64"),
        (np.array(["a"]), r"is string"),
        (np.array([1, "a"], dtype=object), r"element `0` .* is int, not str .*input: x"),
        (np.zeros(2, "datetime64[s]"), r"no tensor can hold .*`datetime64\[s\]`.*input: x"),
        (np.array([b"raw"]), r"no tensor can hold .*decode"),
        (np.zeros(2, [("a", "i4")]), r"no tensor can hold"),
    ],
)
def test_an_array_that_does_not_fit(noop, array, words):
    with pytest.raises(amaas.InvalidArgument, match=words):
        noop.run({"x": array})


def test_inputs_and_outputs_by_name(service):
    add = service.load(FIXTURES / "add.onnx")
    one = np.ones((1, 2), np.float32)
    with pytest.raises(amaas.InvalidArgument, match=r"input `right` is missing .*given: `left`"):
        add.run({"left": one})
    with pytest.raises(
        amaas.InvalidArgument, match=r"no input `middle`; its inputs are `left`, `right`"
    ):
        add.run({"left": one, "right": one, "middle": one})
    with pytest.raises(amaas.InvalidArgument, match=r"no input `middle`"):
        add.run({"left": one, "right": one, "middle": [[1], [1, 2]]})
    with pytest.raises(amaas.InvalidArgument, match=r"no output `total`; its outputs are `sum`"):
        add.run({"left": one, "right": one}, ["total"])
    for wrong in ([one], None, "x", {1: one}):
        with pytest.raises(TypeError):
            add.run(wrong)
    with pytest.raises(TypeError):
        add.run({"left": one, "right": one}, "sum")
    same(add.run({"right": one, "left": one + 1})["sum"], one + 2)


def test_what_takes_no_tensor(service, tmp_path):
    port = helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, None)
    graph = helper.make_graph([], "sequence", [port], [port])
    opsets = [helper.make_opsetid("", 21)]
    path = tmp_path / "sequence.onnx"
    onnx.save_model(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    route = service.load(path)
    assert (route.signature.inputs[0].dtype, route.signature.inputs[0].shape) == (None, None)
    for value in ([np.zeros(1), np.zeros(2)], np.zeros(1)):
        with pytest.raises(amaas.Unsupported, match=r"sequence\(tensor\(float32\)\)"):
            route.run({"x": value})


def test_outputs_are_chosen_and_ordered(service):
    route = service.load(FIXTURES / "two_outputs.onnx")
    x = np.ones((3, 2), np.float32)
    assert list(route.run({"x": x})) == ["negated", "shape"]
    assert list(route.run({"x": x}, ["shape", "negated"])) == ["shape", "negated"]
    [(name, shape)] = route.run({"x": x}, outputs=("shape",)).items()
    assert (name, shape.tolist()) == ("shape", [3, 2])


def test_outputs_show_the_models_own_memory(service):
    route = service.load(FIXTURES / "two_outputs.onnx")
    x = np.arange(200_000, dtype=np.float32).reshape(-1, 2)
    found = route.run({"x": x})["negated"]
    assert not found.flags.owndata
    assert not found.flags.writeable
    assert "memory of float32[100000, 2]" in repr(found.base)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        found.flags.writeable = True
    part, expected = found[7], -x[7]
    assert np.shares_memory(part, found)
    route = found = None
    gc.collect()
    same(part, expected)


def test_inputs_are_copied(mirrors):
    x = np.arange(6, dtype=np.float32)
    found = mirrors["float32"].run({"x": x})["x"]
    x[:] = 0
    assert found.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_dtype_that_numpy_lacks_names_the_remedy(mirrors, monkeypatch):
    x = sample("bfloat16", (2,))
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(amaas.Unsupported, match="pip install -U ml_dtypes"):
        mirrors["bfloat16"].run({"x": x})


def test_many_threads_get_what_one_gets(service):
    route = service.load(FIXTURES / "add.onnx", instances=2)
    wrong = []

    def work(seed):
        for turn in range(500):
            left = np.full((3, 2), seed * 1000 + turn, np.float32)
            total = route.run({"left": left, "right": left})["sum"]
            if not np.array_equal(total, left + left):
                wrong.append((seed, turn))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert route.usage.requests >= 8 * 500
