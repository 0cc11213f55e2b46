"""Embedding by hand: what amaas is measured against in `bulk.py` and `serving.py`.

All of them hold the int8 all-MiniLM-L6-v2 of `make minilm`.
"""

import queue
import threading
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "models/minilm/all-minilm-l6-v2/1.0.0"


def texts():
    """Real snippets, in the order of the file."""
    lines = (ROOT / "models/sentiment/held-out.tsv").read_text().splitlines()[1:]
    snippets = [line.split("\t")[2] for line in lines]
    return (snippets + snippets)[:2000]


def session(threads=None):
    """A session with its default settings, or with so many threads."""
    options = onnxruntime.SessionOptions()
    if threads:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        str(PACKAGE / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )


def encode(tokenizer, batch):
    """The ids of each text."""
    return [encoding.ids for encoding in tokenizer.encode_batch(batch)]


def embed_rows(session, rows):
    """The vectors of rows of ids, padded to the longest: mean over the tokens, length 1."""
    longest = max(map(len, rows))
    ids = np.zeros((len(rows), longest), np.int64)
    mask = np.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    [hidden] = session.run(None, feed)
    vectors = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_tokenizer():
    """The model's tokenizer, without padding of its own."""
    tokenizer = Tokenizer.from_file(str(PACKAGE / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    return tokenizer


class Naive:
    """One session with its default settings, shared by all threads; batches as they come."""

    def __init__(self):
        self.session, self.tokenizer = session(), make_tokenizer()

    def embed(self, batch):
        """The vectors of one batch."""
        return embed_rows(self.session, encode(self.tokenizer, batch))

    def embed_all(self, snippets, size=32):
        """The vectors of all, in batches of `size`."""
        starts = range(0, len(snippets), size)
        return np.concatenate([self.embed(snippets[start : start + size]) for start in starts])


class Arranged:
    """The best arrangement known by hand: sorted by length, small batches bounded by padding, a
    session of one thread for each processor."""

    def __init__(self, processors, rows=16, padding=0.05):
        self.sessions = [session(1) for _ in range(processors)]
        self.tokenizer, self.rows, self.padding = make_tokenizer(), rows, padding

    def batches(self, encoded):
        """Places of rows of nearly one length, the longest first."""
        order = sorted(range(len(encoded)), key=lambda place: -len(encoded[place]))
        batch = []
        for place in order:
            if batch:
                longest, shortest = len(encoded[batch[0]]), len(encoded[place])
                if len(batch) == self.rows or shortest < longest * (1 - self.padding):
                    yield batch
                    batch = []
            batch.append(place)
        yield batch

    def embed_all(self, snippets):
        """The vectors of all, in their order."""
        encoded = encode(self.tokenizer, snippets)
        work, found = queue.SimpleQueue(), [None] * len(snippets)
        for batch in self.batches(encoded):
            work.put(batch)

        def drain(session):
            while True:
                try:
                    batch = work.get_nowait()
                except queue.Empty:
                    return
                vectors = embed_rows(session, [encoded[place] for place in batch])
                for place, vector in zip(batch, vectors, strict=True):
                    found[place] = vector

        threads = [threading.Thread(target=drain, args=(one,)) for one in self.sessions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return np.stack(found)


class FastEmbed:
    """fastembed on the same file, at a batch size of its own."""

    def __init__(self, cache):
        from fastembed import TextEmbedding
        from fastembed.common.model_description import ModelSource, PoolingType

        folder = Path(cache) / "model"
        folder.mkdir()
        for name in ("model.onnx", "tokenizer.json"):
            (folder / name).symlink_to(PACKAGE / name)
        (folder / "config.json").write_text('{"pad_token_id": 0}')
        (folder / "tokenizer_config.json").write_text(
            '{"max_length": 256, "model_max_length": 256, "pad_token": "[PAD]"}'
        )
        (folder / "special_tokens_map.json").write_text(
            '{"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",'
            ' "cls_token": "[CLS]", "mask_token": "[MASK]"}'
        )
        name = "local/minilm"
        TextEmbedding.add_custom_model(
            model=name,
            pooling=PoolingType.MEAN,
            normalization=True,
            sources=ModelSource(hf=name),
            dim=384,
            model_file="model.onnx",
        )
        self.model = TextEmbedding(name, specific_model_path=str(folder))

    def embed_all(self, snippets, size=16):
        """The vectors of all, in batches of `size`."""
        return np.stack(list(self.model.embed(snippets, batch_size=size)))
