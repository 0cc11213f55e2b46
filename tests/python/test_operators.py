"""Every operator case of the `onnx` package that raw ONNX Runtime passes also passes through `run`.

The cases that do not are listed, with reasons, in `operator_exceptions.toml`; a case that is
listed and passes, or is not listed and fails, turns this red.
"""

import tomllib
import warnings
from pathlib import Path

import amaas
import numpy as np
import onnxruntime
import pytest

EXCEPTIONS = Path(__file__).with_name("operator_exceptions.toml")

# What the onnx package's own runner allows.
RELATIVE, ABSOLUTE = 1e-3, 1e-7


def collect():
    """All cases of `onnx.backend.test.case.node`, made in memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return collect_testcases(None)


def close(found, expected):
    """Whether an output is what the case says, sequences and absent values included."""
    if isinstance(expected, (list, tuple)):
        return len(found) == len(expected) and all(map(close, found, expected))
    if expected is None or found is None:
        return expected is found
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape or found.dtype.kind != expected.dtype.kind:
        return False
    if expected.dtype.kind in "OUS":
        return np.array_equal(found, expected)
    difference = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return bool(np.all(same | (difference <= ABSOLUTE + RELATIVE * np.abs(expected))))


def raw(case, path):
    """The outputs of plain ONNX Runtime for each data set, or None where it does not pass."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        names = [port.name for port in session.get_inputs()]
        answers = [
            session.run(None, dict(zip(names, inputs, strict=False)))
            for inputs, _ in case.data_sets
        ]
    except Exception:  # whatever it is, raw ONNX Runtime does not pass
        return None
    expected = [outputs for _, outputs in case.data_sets]
    passed = all(map(close, answers, expected))
    return (names, answers) if passed else None


def through_amaas(service, path, names, case, answers):
    """None when amaas agrees with ONNX Runtime, else what it said."""
    try:
        route = service.load(str(path))
        for (inputs, expected), answer in zip(case.data_sets, answers, strict=True):
            found = list(route.run(dict(zip(names, inputs, strict=False))).values())
            if not close(found, expected):
                return "another answer"
            if [np.asarray(x).dtype for x in found] != [np.asarray(x).dtype for x in answer]:
                return "another dtype"
    except amaas.Error as error:
        return f"{error.kind}: {error}"
    except Exception as error:  # a face must not fail in any other way
        return f"not an amaas error: {error!r}"
    return None


@pytest.mark.filterwarnings("ignore")
def test_every_case_that_onnx_runtime_passes(tmp_path, capsys):
    allowed = tomllib.loads(EXCEPTIONS.read_text())["exceptions"]
    service = amaas.Service(threads=1)
    path = tmp_path / "case.onnx"
    cases = collect()
    passed, failed = 0, {}
    for case in cases:
        path.write_bytes(case.model.SerializeToString())
        if (reference := raw(case, path)) is None:
            continue
        names, answers = reference
        problem = through_amaas(service, path, names, case, answers)
        passed += problem is None
        if problem:
            failed[case.name] = problem
    with capsys.disabled():
        total = passed + len(failed)
        print(
            f"\noperators: {len(cases)} cases, raw ONNX Runtime passes {total}, "
            f"amaas passes {passed} of these, {len(allowed)} listed exceptions"
        )
    unlisted = {name: problem for name, problem in failed.items() if name not in allowed}
    assert not unlisted, "\n".join(f"{name}: {problem}" for name, problem in unlisted.items())
    assert not set(allowed) - set(failed), "listed as exceptions, but they pass"
    assert passed > 1400
