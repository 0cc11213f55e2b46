"""Text generation from Python, over the decoder of tests/fixtures/writer."""

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import amaas
import pytest

ROOT = Path(__file__).parent.parent.parent
WRITER = ROOT / "tests" / "fixtures" / "writer"
COUNT = " two three four five six seven."
SEA = " das Meer ist groß, 海は青い 🙂."
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def route():
    return amaas.Service().load(str(WRITER))


def test_a_call_answers_as_the_pipeline_of_transformers(route):
    assert route("count: one", max_new_tokens=60) == [
        {"generated_text": COUNT, "finish_reason": "stop"}
    ]
    texts = [answer["generated_text"] for answer in route(["count: one", "sea:"])]
    assert texts == [COUNT, SEA]


def test_options_are_those_of_generate(route):
    [answer] = route.generate("count: one", stop=" four")
    assert answer["generated_text"] == " two three"
    assert route("count:", top_k=1, do_sample=True, seed=1)[0]["generated_text"].startswith(" one")
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "maximum": 9, "minimum": 0}},
    }
    schema |= {"required": ["n"], "additionalProperties": False}
    [answer] = route.generate("count:", schema=schema)
    assert json.loads(answer["generated_text"])["n"] in range(10)
    [answer] = route.generate("count: one", num_beams=3)
    assert answer["generated_text"] == COUNT


def test_an_encoder_and_its_decoder_answer_a_text():
    route = amaas.Service().load(str(WRITER.parent / "reverser"))
    assert route("banana") == [{"generated_text": "anANAb", "finish_reason": "stop"}]
    assert route(["hello"], max_new_tokens=3)[0] == {
        "generated_text": "olL",
        "finish_reason": "length",
    }
    assert "".join(route.stream("hello")) == "olLeh"
    receipts = []
    route.generate("hello", receipt=receipts.append)
    assert receipts[0].task == "text2text-generation"


def test_what_cannot_be_is_refused(route):
    with pytest.raises(TypeError, match="max_tokens"):
        route.generate("count:", max_tokens=3)
    with pytest.raises(TypeError, match="seed"):
        amaas.Service().load(str(ROOT / "models/sentiment/1.0.0"))("good", seed=1)
    with pytest.raises(amaas.InputTooLong):
        route.generate("x" * 200)
    with pytest.raises(amaas.InvalidArgument):
        route.generate("")
    with pytest.raises(amaas.InvalidArgument):
        route.generate("count:", top_p=2.0, do_sample=True)


def test_a_chat_is_answered(route):
    assert route.chat_prompt(HELLO) == "<|user|>hello<|assistant|>"
    tools = [{"type": "function", "function": {"name": "clock"}}]
    assert route.chat_prompt(HELLO, tools=tools) == "<|user|>hello[clock]<|assistant|>"
    answer = {"role": "assistant", "content": "Hello to you.", "finish_reason": "stop"}
    assert route.chat(HELLO) == answer
    assert asyncio.run(route_async(route)) == (answer, COUNT, SEA)


async def route_async(route):
    answer = await route.chat_async(HELLO)
    [written] = await route.generate_async("count: one")
    pieces = [piece async for piece in route.stream("sea:")]
    return answer, written["generated_text"], "".join(pieces)


def test_a_stream_never_splits_a_character(route):
    stream = route.stream("sea:")
    assert stream.text is None
    pieces = list(stream)
    assert len(pieces) > 10
    assert "".join(pieces) == SEA == stream.text
    assert stream.finish_reason == "stop"
    assert "".join(route.stream(HELLO)) == "Hello to you."
    with pytest.raises(StopIteration):
        next(stream)


def test_a_stream_can_be_given_up(route):
    stream = route.stream("count:")
    next(stream)
    stream.cancel()
    with contextlib.suppress(amaas.Cancelled):  # it may have been faster
        list(stream)
    del stream
    assert route.generate("count: one")[0]["generated_text"] == COUNT


def test_the_example_chats():
    chat = [sys.executable, str(ROOT / "examples/chat.py"), str(WRITER)]
    done = subprocess.run(chat, input="hello\n\n", capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Hello to you." in done.stdout
