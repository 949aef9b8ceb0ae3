"""Which sources decide what is compiled: a hash of these names the cache of compiled functions.

Files with compiled functions, files of names that compiled functions use, and files of constants that all these import. Others
may change without anything being compiled anew. ``python tests/kernels.py`` prints the hash.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMPILERS = {"kernel", "part", "inlined", "instruction"}


def compiled_names(tree: ast.Module) -> set[str]:
    """Every name inside the compiled functions of a source."""
    made = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(one).rpartition(".")[2] in COMPILERS for one in node.decorator_list)
    ]
    return {inner.id for node in made for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def constants_and(names: set[str], tree: ast.Module) -> set[str]:
    """Modules of the package from which a source imports constants, or some names; for ``from a import b`` a and a.b."""
    return {
        module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trialsim")
        for alias in node.names
        if alias.name.isupper() or (alias.asname or alias.name) in names
        for module in (node.module or "", f"{node.module}.{alias.name}")
    }


def sources(root: Path = ROOT) -> list[Path]:
    """The files that decide what is compiled, in order."""
    files, waiting = {}, []
    for path in (root / "trialsim").rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        if "trialsim.compiled" in path.read_text(encoding="utf-8") or path.stem == "compiled":
            waiting.append(path)
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = constants_and(compiled_names(tree), tree)
        waiting.extend(files[module] for module in modules if module in files)
    return sorted(found)


def sources_hash(root: Path = ROOT) -> str:
    """Hash of these files."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sources(root):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(sources_hash())
