"""A chat in the terminal, written as it comes: `chat.py [REFERENCE]`, else the fetched SmolLM2.

An empty line ends it; Ctrl-C gives the answer up that is being written.
"""

import sys

import amaas

reference = sys.argv[1] if len(sys.argv) > 1 else "models/smollm2/smollm2/1.0.0"
route = amaas.Service().load(reference)
messages = []
while text := input("> "):
    messages.append({"role": "user", "content": text})
    stream = route.stream(messages)
    try:
        for piece in stream:
            print(piece, end="", flush=True)
    except KeyboardInterrupt:
        print(" …", end="")
    print()
    messages.append({"role": "assistant", "content": stream.text or ""})
