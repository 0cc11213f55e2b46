"""What more instances of one model cost in memory, beside sessions by hand. See benches/README.md.

Each figure is the resident memory of a process of its own, after a run on every instance, less that
of a process that has only imported the library; medians are printed and written to
benches/memory.json. The model is 71 MB of float32, as graphs of large layers are.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).parents[1]
ROUNDS = 5
WIDTH, LAYERS = 1024, 17

OURS = """
import sys, threading
import amaas, numpy as np
path, count = sys.argv[1], int(sys.argv[2])
row = np.ones((1, 1024), np.float32)
if count:
    route = amaas.Service().load(path, instances=count)
    def client():
        for _ in range(20):
            route.run({"x": row})
    threads = [threading.Thread(target=client) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""
THEIRS = """
import sys
import onnxruntime, numpy as np
path, count = sys.argv[1], int(sys.argv[2])
row = np.ones((1, 1024), np.float32)
sessions = [onnxruntime.InferenceSession(path) for _ in range(count)]
[session.run(None, {"x": row}) for session in sessions]
"""
TELL = """
import re
print(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read()).group(1))
"""


def write_model(path):
    """Layers of square matrices, one after the other."""
    random = np.random.default_rng(0)
    weights, nodes, name = [], [], "x"
    for layer in range(LAYERS):
        values = random.standard_normal((WIDTH, WIDTH), dtype=np.float32) / WIDTH
        weights.append(numpy_helper.from_array(values, f"w{layer}"))
        output = "y" if layer == LAYERS - 1 else f"h{layer}"
        nodes.append(helper.make_node("MatMul", [name, f"w{layer}"], [output]))
        name = output

    def port(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", WIDTH])

    graph = helper.make_graph(nodes, "layers", [port("x")], [port("y")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)


def resident(program, path, count):
    """Kilobytes that a process has resident in the end."""
    command = [sys.executable, "-c", program + TELL, str(path), str(count)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def median(program, path, count):
    """What a process of so many instances has resident."""
    return statistics.median(resident(program, path, count) for _ in range(ROUNDS))


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.onnx"
        write_model(path)
        rows = []
        for name, program in [("amaas", OURS), ("onnxruntime", THEIRS)]:
            none, one, four = (median(program, path, count) for count in (0, 1, 4))
            row = {
                "question": f"{name}: 4 instances beside 1",
                "one_mb": one / 1024,
                "four_mb": four / 1024,
                "nothing_loaded_mb": none / 1024,
                "ratio": four / one,
                "ratio_without_the_process": (four - none) / (one - none),
            }
            print(
                f"{row['question']:36} {row['one_mb']:7.1f} MB with 1, {row['four_mb']:7.1f} MB "
                f"with 4, {row['nothing_loaded_mb']:6.1f} MB with none   ratio {row['ratio']:.3f}"
            )
            rows.append(row)
    (ROOT / "benches/memory.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
