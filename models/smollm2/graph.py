"""A decoder of the Llama family as an ONNX graph, with its cache in one buffer a layer.

The weights come by the names that GGUF gives them. Attention is ONNX Runtime's own
``GroupQueryAttention``: it turns keys by their positions, takes a batch of sequences of different
lengths, and writes into the cache in place where past and present are bound to one buffer.

Of a prompt only the last token's scores are of use, and those of all would take as long again: the
input ``num_logits_to_keep`` says of how many they are wanted.

The trap: GGUF has the rows of the query and key weights in pairs, so the rotation is interleaved.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

CONTRIB = "com.microsoft"
# Of how many of the last tokens scores are wanted, as exporters of the field name it.
KEEP = "num_logits_to_keep"
Floats = NDArray[numpy.float32]


@dataclass(frozen=True)
class Shape:
    """The numbers that say how large the model is."""

    layers: int
    width: int
    heads: int
    cached_heads: int
    head: int
    context: int
    vocabulary: int
    rotation: float
    epsilon: float


class Graph:
    """Nodes and weights as they are added."""

    def __init__(self, shape: Shape, weight: Callable[[str], Floats]) -> None:
        self.shape = shape
        self.weight = weight
        self.nodes: list[NodeProto] = []
        self.stored: list[TensorProto] = []

    def store(self, name: str, value: NDArray[numpy.generic]) -> str:
        """Adds a weight under this name."""
        self.stored.append(numpy_helper.from_array(numpy.asarray(value, order="C"), name))
        return name

    def add(self, kind: str, inputs: list[str], name: str, **rest: object) -> str:
        """Adds a node with one output, which carries its name."""
        self.add_many(kind, inputs, [name], **rest)
        return name

    def add_many(self, kind: str, inputs: list[str], outputs: list[str], **rest: object) -> None:
        """Adds a node."""
        node = helper.make_node(kind, inputs, outputs, name=f"{outputs[0]}:{kind}", **rest)
        self.nodes.append(node)

    def linear(self, source: str, names: list[str], output: str) -> str:
        """One product with the weights of these names side by side."""
        weights = numpy.concatenate([self.weight(name) for name in names])
        return self.add("MatMul", [source, self.store(f"{output}.weight", weights.T)], output)

    def lengths(self) -> None:
        """What attention wants to know of the mask, and the tables of the rotation."""
        shape = self.shape
        self.store("one", numpy.array([1], numpy.int64))
        self.add("ReduceSum", ["attention_mask", "one"], "lengths", keepdims=0)
        self.add("Sub", ["lengths", "one"], "last")
        self.add("Cast", ["last"], "last32", to=TensorProto.INT32)
        self.add("Shape", ["attention_mask"], "mask_shape", start=1, end=2)
        self.add("Squeeze", ["mask_shape"], "longest")
        self.add("Cast", ["longest"], "longest32", to=TensorProto.INT32)
        powers = numpy.arange(0, shape.head, 2, dtype=numpy.float64) / shape.head
        angles = numpy.outer(numpy.arange(shape.context), shape.rotation**-powers)
        self.store("cosines", numpy.cos(angles).astype(numpy.float32))
        self.store("sines", numpy.sin(angles).astype(numpy.float32))

    def norm(self, name: str, source: str, added: str | None, output: str) -> tuple[str, str]:
        """The norm of ``source``, to which ``added`` is added first; the norm and the sum."""
        weight = self.store(f"{name}", self.weight(name))
        if added is None:
            attributes = {"axis": -1, "epsilon": self.shape.epsilon, "stash_type": 1}
            self.add("SimplifiedLayerNormalization", [source, weight], output, **attributes)
            return output, source
        total = f"{output}.sum"
        self.add_many(
            "SkipSimplifiedLayerNormalization",
            [source, added, weight],
            [output, "", "", total],
            domain=CONTRIB,
            epsilon=self.shape.epsilon,
        )
        return output, total

    def attention(self, layer: int, source: str) -> str:
        """What the tokens take from those before them."""
        block = f"blk.{layer}.attn"
        names = [f"{block}_{part}.weight" for part in "qkv"]
        mixed = self.linear(source, names, f"{block}.qkv")
        past = [f"past_key_values.{layer}.{kind}" for kind in ("key", "value")]
        present = [f"present.{layer}.{kind}" for kind in ("key", "value")]
        self.add_many(
            "GroupQueryAttention",
            [mixed, "", "", *past, "last32", "longest32", "cosines", "sines"],
            [f"{block}.out", *present],
            domain=CONTRIB,
            num_heads=self.shape.heads,
            kv_num_heads=self.shape.cached_heads,
            do_rotary=1,
            rotary_interleaved=1,
        )
        return self.linear(f"{block}.out", [f"{block}_output.weight"], f"{block}.project")

    def feed_forward(self, layer: int, source: str) -> str:
        """What each token makes of itself."""
        block = f"blk.{layer}.ffn"
        gate = self.linear(source, [f"{block}_gate.weight"], f"{block}.gate")
        up = self.linear(source, [f"{block}_up.weight"], f"{block}.up")
        self.add("Sigmoid", [gate], f"{block}.open")
        self.add("Mul", [gate, f"{block}.open"], f"{block}.swish")
        self.add("Mul", [f"{block}.swish", up], f"{block}.gated")
        return self.linear(f"{block}.gated", [f"{block}_down.weight"], f"{block}.project")

    def scores(self, source: str, table: str) -> None:
        """The logits of as many of each sequence's last tokens as are wanted; of all for 0."""
        self.store("end", numpy.array([numpy.iinfo(numpy.int64).max], numpy.int64))
        self.store("front", numpy.array([0], numpy.int64))
        self.store("flat", numpy.array([-1, self.shape.width], numpy.int64))
        self.store("vocabulary", numpy.array([self.shape.vocabulary], numpy.int64))
        self.add("Neg", [KEEP], "first")
        self.add("Unsqueeze", ["first", "front"], "firsts")
        self.add("Slice", [source, "firsts", "end", "one"], "kept")
        self.add("Reshape", ["kept", "flat"], "rows")
        self.add("Gemm", ["rows", table], "row_scores", transB=1)
        self.add("Shape", ["kept"], "places", start=0, end=2)
        self.add("Concat", ["places", "vocabulary"], "scores_shape", axis=0)
        self.add("Reshape", ["row_scores", "scores_shape"], "logits")

    def decoder(self) -> ModelProto:
        """The whole model: the logits of the last tokens, and the cache."""
        self.lengths()
        table = self.store("token_embd.weight", self.weight("token_embd.weight"))
        stream, added = self.add("Gather", [table, "input_ids"], "embedded"), None
        for layer in range(self.shape.layers):
            normed, stream = self.norm(
                f"blk.{layer}.attn_norm.weight", stream, added, f"blk.{layer}.in"
            )
            added = self.attention(layer, normed)
            normed, stream = self.norm(
                f"blk.{layer}.ffn_norm.weight", stream, added, f"blk.{layer}.mid"
            )
            added = self.feed_forward(layer, normed)
        normed, _ = self.norm("output_norm.weight", stream, added, "normed")
        self.scores(normed, table)
        return self.model()

    def model(self) -> ModelProto:
        """The graph with its ports."""
        graph = helper.make_graph(
            self.nodes, "decoder", self.inputs(), self.outputs(), initializer=self.stored
        )
        opsets = [helper.make_opsetid("", 21), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def inputs(self) -> list[ValueInfoProto]:
        """The new tokens, the mask over all of them, how many are scored, and the cache."""
        numbers = TensorProto.INT64
        return [
            helper.make_tensor_value_info("input_ids", numbers, ["batch", "tokens"]),
            helper.make_tensor_value_info("attention_mask", numbers, ["batch", "total"]),
            helper.make_tensor_value_info(KEEP, numbers, []),
            *self.cache("past_key_values", "room"),
        ]

    def outputs(self) -> list[ValueInfoProto]:
        """The logits and the cache."""
        shape = ["batch", "scored", self.shape.vocabulary]
        logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
        return [logits, *self.cache("present", "room")]

    def cache(self, name: str, room: str) -> list[ValueInfoProto]:
        """Keys and values of each layer."""
        dimensions = ["batch", self.shape.cached_heads, room, self.shape.head]
        return [
            helper.make_tensor_value_info(f"{name}.{layer}.{kind}", TensorProto.FLOAT, dimensions)
            for layer in range(self.shape.layers)
            for kind in ("key", "value")
        ]
