"""Is everything that is meant for users there, under its name, and nothing else?"""

import ast
import importlib
import inspect
import pathlib
import pickle
import re

import pytest

import smtp2go_async
from smtp2go_async import errors

PACKAGE = pathlib.Path(smtp2go_async.__file__).parent


@pytest.mark.parametrize("name", smtp2go_async.__all__)
def test_every_public_name_can_be_imported(name):
    value = getattr(smtp2go_async, name)
    assert value is not None
    if name != "__version__":
        assert value.__name__ == name


@pytest.mark.parametrize("name", [name for name in smtp2go_async.__all__ if name != "__version__"])
def test_every_public_name_has_a_docstring_of_its_own(name):
    assert (inspect.getdoc(getattr(smtp2go_async, name)) or "").strip()
    assert "__doc__" in vars(getattr(smtp2go_async, name))


def test_the_public_names_are_written_down_once_each():
    assert len(set(smtp2go_async.__all__)) == len(smtp2go_async.__all__)


def test_a_star_import_brings_the_public_names():
    namespace = {}
    exec("from smtp2go_async import *", namespace)
    assert set(smtp2go_async.__all__) <= set(namespace)


def test_dir_lists_the_public_names_and_nothing_else():
    assert dir(smtp2go_async) == sorted(smtp2go_async.__all__)


@pytest.mark.parametrize("name", ["Nothing", "asyncclient", "_Nothing", "email", ""])
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'smtp2go_async' has no attribute '{name}'"):
        getattr(smtp2go_async, name)


def test_an_unknown_name_can_not_be_imported():
    with pytest.raises(ImportError, match="Nothing"):
        exec("from smtp2go_async import Nothing")


def test_a_name_is_the_same_object_wherever_it_is_imported_from():
    assert smtp2go_async.ApiError is errors.ApiError
    assert smtp2go_async.AsyncClient is importlib.import_module("smtp2go_async.client").AsyncClient


CLASSES = [name for name in smtp2go_async.__all__ if isinstance(getattr(smtp2go_async, name), type)]


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_class_names_a_public_module_that_has_its_source(name):
    kind = getattr(smtp2go_async, name)
    assert not any(part.startswith("_") for part in kind.__module__.split("."))
    assert re.search(rf"^class {name}\b", inspect.getsource(kind), re.MULTILINE)


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_class_pickles_under_its_public_name(name):
    kind = getattr(smtp2go_async, name)
    pickled = pickle.dumps(kind)
    assert pickle.loads(pickled) is kind
    assert f"smtp2go_async.{smtp2go_async._HOME_OF[name]}".encode() in pickled


def test_every_public_error_is_exported():
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and value.__module__ == errors.__name__ and not name.startswith("_")
    }
    assert defined <= set(smtp2go_async.__all__)
    assert {name for name in smtp2go_async.__all__ if name.endswith(("Error", "Warning"))} == defined - {
        "Smtp2goError"
    } | {"Smtp2goError"}


def imported_for_type_checkers():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    block = next(one for one in tree.body if isinstance(one, ast.If))
    return {alias.name: one.module for one in block.body if isinstance(one, ast.ImportFrom) for alias in one.names}


def test_type_checkers_see_the_same_names_in_the_same_places_as_programs():
    seen = imported_for_type_checkers()
    assert seen == {name: home for home, names in smtp2go_async._HOMES.items() for name in names}
    assert {*seen, "__version__"} == set(smtp2go_async.__all__)


def test_the_version_has_the_form_of_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?(\.dev\d+)?", smtp2go_async.__version__)


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").exists()
