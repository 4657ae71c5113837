"""The base of every bundle of options, and the text that stands under each of its keys."""

import ast
import inspect
import itertools
import sys
import typing
from typing import TYPE_CHECKING

__all__ = ["Options", "key_texts"]

if TYPE_CHECKING:
    from typing import TypedDict as Options
else:

    @typing.dataclass_transform(kw_only_default=True)
    class _Fields:
        """What jedi takes `Options` for.

        jedi does not read ``Unpack``. It completes the keys of a bundle because the methods write
        ``SomeOptions(**options)``, and because it sees in each bundle a class whose fields are keyword arguments.
        """

    Options: type[_Fields] = typing.TypedDict


def key_texts(bundle: type) -> dict[str, str]:
    """Return the docstring under each key of a `TypedDict`; nothing where its source is not at hand."""
    module = sys.modules[bundle.__module__]
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return {}
    texts: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == bundle.__name__:
            # A TypedDict forgets its bases, so they are looked up by their names.
            for base in node.bases:
                parent = getattr(module, base.id, None) if isinstance(base, ast.Name) else None
                if isinstance(parent, type) and typing.is_typeddict(parent):
                    texts.update(key_texts(parent))
            for key, text in itertools.pairwise(node.body):
                if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
                    match text.value:
                        case ast.Constant(value=str(words)):
                            texts[ast.unparse(key.target)] = " ".join(words.split())
    return texts
