"""Fills the page `reference.md` from docstrings when the site is built.

A line `::: name` becomes the class `amaas.name` with its methods, or the module `amaas/name.py`
with its functions; `::: answers` becomes every class of `amaas.__all__` that the page does not name
and that is no error. Classes of the extension are asked for what they say; modules are read, not
imported, since some want an engine.
"""

import ast
import inspect
import re
from pathlib import Path

import amaas

PACKAGE = Path(amaas.__file__).parent
LINE = r"^::: (\w+)$"


def on_page_markdown(markdown, **_):
    """Return the page with every `::: name` replaced."""
    named = set(re.findall(LINE, markdown, re.MULTILINE))
    names = sorted(name for name in set(amaas.__all__) - named if is_answer(getattr(amaas, name)))
    lines = "\n\n".join(f"::: {name}" for name in names)
    markdown = markdown.replace("::: answers", lines)
    return re.sub(LINE, lambda match: reference(match[1]), markdown, flags=re.MULTILINE)


def is_answer(thing):
    """Whether something of `amaas` is a class and no error."""
    return isinstance(thing, type) and not issubclass(thing, Exception)


def reference(name):
    """Return the Markdown of one class or module."""
    file = PACKAGE / f"{name}.py"
    if file.exists():
        return module(name, file)
    thing = getattr(amaas, name)
    return of_class(thing) if isinstance(thing, type) else of_function(thing)


def of_function(function):
    """Return a function of the extension, as it says."""
    signature = getattr(function, "__text_signature__", None) or ""
    return f"### {function.__name__}{signature}\n\n{text(function.__doc__)}"


def of_class(kind):
    """Return a class and its methods, as they say."""
    signature = getattr(kind, "__text_signature__", None) or ""
    parts, twins = [f"### {kind.__name__}{signature}", text(kind.__doc__)], []
    for name in vars(kind):
        if name.startswith("_") and name != "__call__":
            continue
        member = getattr(kind, name)
        if hasattr(member, "__wrapped__"):
            twins.append(f"`{name}`")
            continue
        signature = getattr(member, "__text_signature__", None)
        parts += [f"#### {name}{signature or ''}", text(getattr(member, "__doc__", None))]
    if twins:
        parts.append(f"For `await`, with the same arguments: {', '.join(sorted(twins))}.")
    return "\n\n".join(parts)


def module(name, file):
    """Return a module and what it exports."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    parts = [f"### amaas.{name}", text(ast.get_docstring(tree))]
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            parts.append(f"#### {node.name}({ast.unparse(node.args)})")
        elif isinstance(node, ast.ClassDef):
            parts.append(f"#### {node.name}")
        else:
            continue
        parts.append(text(ast.get_docstring(node)))
    return "\n\n".join(parts)


def text(docstring):
    """Return a docstring as Markdown: its examples are code."""
    paragraphs = inspect.cleandoc(docstring or "").replace("``", "`").split("\n\n")
    fenced = [f"```pycon\n{one}\n```" if one.startswith(">>> ") else one for one in paragraphs]
    return "\n\n".join(fenced)
