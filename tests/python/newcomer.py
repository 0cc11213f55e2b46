"""The blocks of docs/newcomer.md, by heading, for whoever runs them."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks():
    """Code by heading, in the order of the page: of Python, or of the shell."""
    text = (ROOT / "docs/newcomer.md").read_text(encoding="utf-8")
    found = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    code = {
        title: re.findall(r"```(?:python|sh)\n(.*?)```", body, re.DOTALL) for title, body in found
    }
    return {title: "\n".join(parts) for title, parts in code.items()}


def settle_in(folder):
    """What the page takes for granted."""
    (folder / "models").symlink_to(ROOT / "models")
    shutil.copytree(ROOT / "tests/fixtures/encoder", folder / "encoder")


def execute(title, names):
    """Run the block below a heading, as it stands."""
    exec(compile(blocks()[title], f"docs/newcomer.md: {title}", "exec"), names)
