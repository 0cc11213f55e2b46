"""Finds the speech in recordings: one line per stretch, tab separated: file, start, end, score.

`find_speech.py REFERENCE RECORDING…` with the registry in AMAAS_HOME, or a package folder as the
reference. A recording is a WAV, FLAC, MP3 or Ogg Vorbis file; all of them are read side by side.
"""

import sys

import amaas

reference, *recordings = sys.argv[1:]
voices = amaas.Service().load(reference)
for recording, stretches in zip(recordings, voices(recordings), strict=True):
    for speech in stretches:
        start, end = f"{speech['start']:.2f}", f"{speech['end']:.2f}"
        print(recording, start, end, f"{speech['score']:.2f}", sep="\t")
