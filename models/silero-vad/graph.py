"""The published network for 16 kHz, with matrix products in place of convolutions.

A window is four steps long, and ONNX Runtime's convolution goes through a batch row by row: 32
windows together take as long as 32 alone. A product takes the steps of all rows at once. So each
convolution becomes a gather of what its kernel sees and one product; weights are the published
ones, and answers equal to rounding. Only the branch for 16 kHz is kept, so ``sr`` is no input.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

SAMPLES, WIDTH = 576, 128
# The Fourier transform: windows of so many samples, each so many after the one before, and how many
# samples at the end are heard again backwards.
FRAME, HOP, REFLECTED = 256, 128, 64

Weights = NDArray[np.float32]


def published(model: ModelProto) -> dict[str, Weights]:
    """The weights of the branch for 16 kHz, by the end of their names."""
    [choice] = [node for node in model.graph.node if node.op_type == "If"]
    for branch in choice.attribute:
        constants = (node for node in branch.g.node if node.op_type == "Constant")
        found = {
            node.output[0].split("__")[-1]: numpy_helper.to_array(node.attribute[0].t)
            for node in constants
        }
        if found["stft.forward_basis_buffer"].shape[-1] == FRAME:
            return found
    raise SystemExit("the published graph has no branch for 16 kHz")


@dataclass
class Graph:
    """Nodes and weights as they are added."""

    nodes: list[NodeProto] = field(default_factory=list)
    stored: list[TensorProto] = field(default_factory=list)

    def store(self, name: str, value: object) -> str:
        """Adds a weight under this name."""
        self.stored.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def add(self, kind: str, inputs: list[str], *outputs: str, **rest: object) -> str:
        """Adds a node and gives its first output's name back."""
        self.nodes.append(helper.make_node(kind, inputs, outputs, **rest))
        return outputs[0]

    def rows(self, source: str, columns: int, name: str) -> str:
        """The same numbers, so many in a row."""
        return self.add("Reshape", [source, self.store(f"{name}.shape", [-1, columns])], name)

    def spectrum(self, basis: Weights) -> str:
        """How strong each frequency is, the steps of a window side by side."""
        heard = np.arange(SAMPLES + REFLECTED)
        heard = np.where(heard < SAMPLES, heard, 2 * (SAMPLES - 1) - heard)
        starts = range(0, len(heard) - FRAME + 1, HOP)
        places = np.concatenate([heard[start : start + FRAME] for start in starts])
        framed = self.add("Gather", ["input", self.store("places", places)], "framed", axis=1)
        framed = self.rows(framed, FRAME, "frames")
        parts = self.add("MatMul", [framed, self.store("basis", basis[:, 0].T)], "parts")
        squares = self.add("Mul", [parts, parts], "squares")
        bins = len(basis) // 2
        halves = self.store("halves", [bins, bins])
        self.add("Split", [squares, halves], "real", "imaginary", axis=1)
        power = self.add("Add", ["real", "imaginary"], "power")
        return self.rows(self.add("Sqrt", [power], "strength"), len(starts) * bins, "spectrum")

    def convolution(self, source: str, weight: Weights, bias: Weights, steps: int, by: int) -> str:
        """Three steps at a time, filled up with a zero at both ends; those inside alone count."""
        outside, inside, taps = weight.shape
        name = f"{source}.{outside}"
        starts = range(-1, steps + 2 - taps, by)
        seen = [tap for tap in range(taps) if any(0 <= at + tap < steps for at in starts)]
        places = np.array([[at + tap for tap in seen] for at in starts])
        before, after = max(0, -places.min()), max(0, places.max() + 1 - steps)
        if before or after:
            ends = self.store(f"{name}.ends", [0, before * inside, 0, after * inside])
            source = self.add("Pad", [source, ends], f"{name}.padded")
        columns = (places[..., None] + before) * inside + np.arange(inside)
        if len(places) > 1:
            columns = self.store(f"{name}.columns", columns.ravel())
            source = self.add("Gather", [source, columns], f"{name}.gathered", axis=1)
            source = self.rows(source, len(seen) * inside, f"{name}.rows")
        kernel = weight[:, :, seen].transpose(2, 1, 0).reshape(-1, outside)
        inputs = [source, self.store(f"{name}.weight", kernel), self.store(f"{name}.bias", bias)]
        found = self.add("Relu", [self.add("Gemm", inputs, f"{name}.sums")], name)
        if len(places) > 1:
            found = self.rows(found, len(places) * outside, f"{name}.steps")
        return found

    def memory(self, source: str, weights: dict[str, Weights]) -> str:
        """One step of the LSTM, from ``state`` to ``stateN``."""

        def gates(name: str) -> Weights:
            # PyTorch has them in the order of input, forget, cell, output; ONNX wants the cell last
            # and the forget gate before it.
            enter, forget, cell, leave = np.split(weights[f"decoder.rnn.{name}"], 4)
            return np.concatenate([enter, leave, forget, cell])[None]

        biases = np.concatenate([gates("bias_ih"), gates("bias_hh")], axis=1)
        first = self.store("first", [0])
        inputs = [
            self.add("Unsqueeze", [source, first], "sequence"),
            self.store("enter", gates("weight_ih")),
            self.store("recur", gates("weight_hh")),
            self.store("biases", biases),
            "",
            self.add("Split", ["state", self.store("one", [1, 1])], "hidden", "cell", axis=0),
            "cell",
        ]
        self.add("LSTM", inputs, "", "new_hidden", "new_cell", hidden_size=WIDTH)
        self.add("Concat", ["new_hidden", "new_cell"], "stateN", axis=0)
        return self.add("Squeeze", ["new_hidden", first], "remembered")


def rewrite(model: ModelProto) -> ModelProto:
    """The published model without convolutions; inputs and outputs keep their names."""
    weights = published(model)
    graph = Graph()
    found, steps = graph.spectrum(weights["stft.forward_basis_buffer"]), 4
    for layer, by in enumerate([1, 2, 2, 1]):
        kernel, bias = (
            weights[f"encoder.{layer}.reparam_conv.{one}"] for one in ("weight", "bias")
        )
        found = graph.convolution(found, kernel, bias, steps, by)
        steps = -(-steps // by)
    found = graph.add("Relu", [graph.memory(found, weights)], "positive")
    last = [weights[f"decoder.decoder.2.{name}"] for name in ("weight", "bias")]
    inputs = [found, graph.store("last.weight", last[0][0]), graph.store("last.bias", last[1])]
    graph.add("Sigmoid", [graph.add("Gemm", inputs, "score")], "output")

    def value(name: str, *shape: int | str) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    ports = [[value("input", "batch", SAMPLES)], [value("output", "batch", 1)]]
    for port, name in zip(ports, ["state", "stateN"], strict=True):
        port.append(value(name, 2, "batch", WIDTH))
    inside = helper.make_graph(graph.nodes, "silero-vad-16k", *ports, graph.stored)
    return helper.make_model(inside, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
