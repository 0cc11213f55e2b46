"""Compares the declarations of amaas.h with those of the last release.

`abi.py` compares with the header of the last tag, and where there is no tag with `tests/c/abi.txt`,
the declarations of the last header that was looked at. What is added is told and allowed; what
changed or went breaks hosts, unless AMAAS_ABI_VERSION is another number. `abi.py --write` writes
`abi.txt`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADER = "include/amaas.h"
BASELINE = ROOT / "tests/c/abi.txt"


def declarations(header: str) -> list[str]:
    """Every declaration and constant of a header, one in a line, in the order of the alphabet."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    text = re.sub(r"^#ifdef __cplusplus$.*?^#endif.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
    constants = re.findall(r"^#define AMAAS_\w+ .+$", text, flags=re.MULTILINE)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    parts = re.findall(r"[^;{]+(?:\{[^}]*\}[^;]*)?;", text)
    return sorted(constants + [re.sub(r"\s+", " ", part).strip() for part in parts])


def grown(struct: str, now: list[str]) -> bool:
    """Whether a struct that begins with `size` only has more fields at its end."""
    fields, _, name = struct.partition("}")
    begins = fields.startswith("typedef struct { size_t size;")
    return begins and any(line.startswith(fields) and line.endswith("}" + name) for line in now)


def version(lines: list[str]) -> str:
    """The number of the interface."""
    return next(line.split()[-1] for line in lines if line.startswith("#define AMAAS_ABI_VERSION "))


def last() -> tuple[str, list[str]]:
    """Where the last declarations come from, and what they are."""
    tag = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    if tag:
        show = ["git", "show", f"{tag}:{HEADER}"]
        header = subprocess.run(show, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return tag, declarations(header)
    return str(BASELINE.relative_to(ROOT)), BASELINE.read_text().splitlines()


def main() -> int:
    """Compares, or writes the baseline."""
    now = declarations((ROOT / HEADER).read_text())
    if "--write" in sys.argv:
        BASELINE.write_text("\n".join(now) + "\n")
        return 0
    origin, then = last()
    gone = sorted(line for line in set(then) - set(now) if not grown(line, now))
    added = len(set(now) - set(then))
    went = f"{len(gone)} gone or changed"
    print(f"interface: {len(now)} declarations, {added} more than in {origin}, {went}")
    if gone and version(now) == version(then):
        print("\n".join(gone))
        print("this breaks hosts: keep it, or raise AMAAS_ABI_VERSION")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
