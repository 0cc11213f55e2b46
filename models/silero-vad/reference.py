"""What Silero VAD says of a recording, by ONNX Runtime alone: what tests compare with.

The steps are those of the wheel's own wrapper of the graph: windows of 512 samples at 16 kHz, each
behind the last 64 samples of the one before, the state carried along, the last window filled up
with zeros; and its own rule for what is speech.
"""

import wave
from pathlib import Path

import numpy as np
import onnxruntime

WINDOW = 512
CONTEXT = 64
RATE = 16_000


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    """The samples of a WAV of int16, as floats from -1 to 1 of one channel, and their rate."""
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        samples = samples.reshape(-1, file.getnchannels()).astype(np.float32) / 32768
        return samples.mean(axis=1, dtype=np.float32), file.getframerate()


class Reference:
    """The graph, one recording at a time."""

    def __init__(self, graph: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            str(graph), options, providers=["CPUExecutionProvider"]
        )
        asks_rate = any(port.name == "sr" for port in self.session.get_inputs())
        self.rate = {"sr": np.array(RATE, np.int64)} if asks_rate else {}
        self.reset()

    def reset(self) -> None:
        """Before the first window."""
        self.state = np.zeros((2, 1, 128), np.float32)
        self.context = np.zeros(CONTEXT, np.float32)

    def window(self, samples: np.ndarray) -> float:
        """The probability of speech in the next 512 samples."""
        row = np.concatenate([self.context, samples])
        inputs = {"input": row[None], "state": self.state, **self.rate}
        output, self.state = self.session.run(None, inputs)
        self.context = samples[-CONTEXT:]
        return float(output[0, 0])

    def probabilities(self, samples: np.ndarray) -> np.ndarray:
        """The probability of speech in each window of a recording."""
        self.reset()
        padded = np.pad(samples, (0, -len(samples) % WINDOW))
        return np.array([self.window(window) for window in padded.reshape(-1, WINDOW)], np.float32)


def segments(
    probabilities: np.ndarray,
    length: int,
    threshold: float = 0.5,
    min_speech: float = 0.25,
    min_silence: float = 0.1,
    padding: float = 0.03,
) -> list[tuple[int, int]]:
    """The stretches of speech in samples, of a recording of ``length`` samples."""
    release = max(threshold - 0.15, 0.01)
    raw: list[tuple[int, int]] = []
    start = quiet = None
    for place, probability in enumerate(probabilities):
        at = place * WINDOW
        if probability >= threshold:
            start, quiet = (at if start is None else start), None
        elif probability < release and start is not None:
            quiet = at if quiet is None else quiet
            if at - quiet >= min_silence * RATE:
                raw.append((start, quiet))
                start = quiet = None
    if start is not None:
        raw.append((start, length))
    raw = [(start, end) for start, end in raw if end - start > min_speech * RATE]
    pad = int(padding * RATE)
    found = []
    for place, (start, end) in enumerate(raw):
        before = start - raw[place - 1][1] if place else 2 * pad
        after = raw[place + 1][0] - end if place + 1 < len(raw) else 2 * pad
        share = [gap // 2 if gap < 2 * pad else pad for gap in (before, after)]
        found.append((max(0, start - share[0]), min(length, end + share[1])))
    return found
