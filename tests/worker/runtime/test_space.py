"""A Worker's modules are its own, whatever they are called."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.worker.runtime.projects import answer_of, answering, asked, project
from worker.runtime import LoadError, load_worker

pytestmark = pytest.mark.anyio

SAYS = "ME = __file__.rpartition('/')[2]\n"


@pytest.mark.parametrize("name", ["worker", "kvstore", "harness", "wrangler_compat", "test", "json", "asgi"])
async def test_own_modules_come_first(tmp_path: Path, name: str) -> None:
    files = answering(f"{name}.ME", f"import {name}") | {f"{name}.py": SAYS}
    assert await answer_of(tmp_path / "a", files) == f"{name}.py"
    assert not hasattr(importlib.import_module(name), "ME")


async def test_the_entry_file_may_be_called_like_anything(tmp_path: Path) -> None:
    folder = project(tmp_path / "a", {"worker.py": answering("__import__('worker') is not None")["entry.py"]})
    (folder / "wrangler.toml").write_text(
        'main = "src/worker.py"\ncompatibility_flags = ["python_workers"]\n'
    )
    assert await asked(load_worker(folder, {})) is True


async def test_workers_with_the_same_module_names_live_side_by_side(tmp_path: Path) -> None:
    def files(text: str) -> dict[str, str]:
        late = "[shared.deep.ME, __import__('shared.late').late.ME]"
        return answering(late, "import shared.deep") | {
            "shared/__init__.py": "",
            "shared/deep.py": f"ME = '{text}'",
            "shared/late.py": "from .deep import ME",
        }

    old = load_worker(project(tmp_path / "old", files("old")), {})
    new = load_worker(project(tmp_path / "new", files("new")), {})
    assert [await asked(one) for one in (old, new, old)] == [["old"] * 2, ["new"] * 2, ["old"] * 2]


KINDS_OF_IMPORT = {
    "import a.b as c": ("c.ME", "import pkg.deep as c"),
    "import a.b": ("pkg.deep.ME", "import pkg.deep"),
    "from a import b": ("deep.ME", "from pkg import deep"),
    "relative": ("near.ME", "from pkg import near"),
    "two levels up": ("up.ME", "from pkg.sub import up"),
    "star": ("ME", "from pkg.deep import *"),
    "circular": ("one.both()", "from pkg import one"),
    "a namespace package": ("free.ME", "from no_init import free"),
    "import_module": (
        "importlib.import_module('pkg.deep').ME",
        "import importlib",
    ),
    "import_module, relative": (
        "import_module('.deep', 'pkg').ME",
        "from importlib import import_module",
    ),
    "find_spec": (
        "importlib.util.find_spec('pkg.deep').origin.rpartition('/')[2]",
        "import importlib.util",
    ),
    "resources": (
        "resources.files('pkg').joinpath('deep.py').read_text().count('ME') and 'deep.py'",
        "from importlib import resources",
    ),
    "for type checkers": (
        "'deep.py'",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nothing",
    ),
    "in a function": ("(lambda: __import__('pkg.deep').deep.ME)()", ""),
    "exec": ("[exec('import pkg.deep as d', made := {}), made['d'].ME][1]", ""),
    "sys.modules": ("sys.modules[pkg.deep.__name__].ME", "import sys, pkg.deep"),
    "sys.modules without a name": ("sys.modules.get(None) or pkg.deep.ME", "import sys, pkg.deep"),
    "sys.modules by a text": ("sys.modules['pkg.deep'].ME", "import sys, pkg.deep"),
    "sys.modules is a dictionary": (
        "[n for n in sys.modules.copy() if n in ('pkg', 'pkg.deep')] == ['pkg', 'pkg.deep'] and pkg.deep.ME",
        "import sys, pkg.deep",
    ),
    "what a module puts in its place": ("replaced.ME", "from pkg import replaced"),
    "a finder of one's own": ("moved.ME", "import pkg.finder\nfrom pkg import moved"),
    "circular, from the package": ("left.right.left.ME", "from pkg import left"),
    "circular, by another name": ("up.down.up.ME", "import pkg.around.up as up"),
    "pkgutil": (
        "min(one.name for one in pkgutil.walk_packages(pkg.__path__, 'pkg.'))",
        "import pkgutil, pkg",
    ),
    "pkgutil by a name": ("pkgutil.resolve_name('pkg.deep:ME')", "import pkgutil"),
    "a function's module": ("inspect.getmodule(pkg.one.both).pkg.two.ME", "import inspect, pkg.one"),
    "the entry file": ("one.entry().__name__ == 'entry' and 'deep.py'", "from pkg import one"),
}
FINDER = """
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

class Finder:
    def find_spec(self, name, path, target=None):
        return ModuleSpec(name, self) if name == __name__.rpartition(".")[0] + ".moved" else None

    def create_module(self, spec):
        made = ModuleType(spec.name)
        made.ME = "deep.py"
        return made

    def exec_module(self, module):
        pass

sys.meta_path.append(Finder())
"""


@pytest.mark.parametrize("kind", KINDS_OF_IMPORT)
async def test_every_kind_of_import(tmp_path: Path, kind: str) -> None:
    files = answering(*KINDS_OF_IMPORT[kind]) | {
        "pkg/__init__.py": "",
        "pkg/deep.py": SAYS,
        "pkg/near.py": "from .deep import ME",
        "pkg/sub/__init__.py": "",
        "pkg/sub/up.py": "from ..deep import ME",
        "pkg/one.py": "import pkg.two\ndef both(): return pkg.two.ME\n"
        "def entry():\n    import entry\n    return entry\n",
        "pkg/two.py": "import pkg.one\nfrom pkg.deep import ME",
        "no_init/free.py": "ME = 'deep.py'",
        "pkg/replaced.py": "import sys\nsys.modules[__name__] = sys.modules['pkg.deep']",
        "pkg/finder.py": FINDER,
        "pkg/left.py": "from . import right\nME = 'deep.py'",
        "pkg/right.py": "from . import left",
        "pkg/around/__init__.py": "",
        "pkg/around/up.py": "import pkg.around.down as down\nME = 'deep.py'",
        "pkg/around/down.py": "import pkg.around.up as up",
    }
    files["pkg/__init__.py"] = "" if kind != "what a module puts in its place" else "import pkg.deep"
    expected = "pkg.around" if kind == "pkgutil" else "deep.py"
    before = list(sys.meta_path)
    worker = load_worker(project(tmp_path / "a", files), {})
    assert await asked(worker) == expected
    worker.space.forget()
    assert [one for one in sys.meta_path if one not in before and "space" not in type(one).__module__] == []


async def test_a_folder_without_python_hides_no_module(tmp_path: Path) -> None:
    files = answering("email.__name__", "import email") | {"email/template.txt": "hello"}
    assert await answer_of(tmp_path / "a", files) == "email"


BY_NAME = """
from __future__ import annotations
import copy, dataclasses, enum, inspect, pickle, sys, typing
from pydantic import BaseModel
from workers import Response, WorkerEntrypoint

class Kind(enum.Enum):
    ONE = "one"

@dataclasses.dataclass
class Task:
    name: str
    of: Task | None = None
    kind: Kind = Kind.ONE

class Model(BaseModel):
    task: Task
    parts: list[Model] = []
    when: datetime | None = None

class Pair(typing.NamedTuple):
    task: Task

from datetime import datetime
Model.model_rebuild()

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        task = Task("x", Task("y"))
        stored = pickle.dumps(task)
        model = Model(task=task, parts=[Model(task=Task("z"))], when=datetime.now())
        return Response.json({
            "hints": typing.get_type_hints(Task)["of"] == typing.Optional[Task],
            "named tuple": typing.get_type_hints(Pair) == {"task": Task},
            "fields": [one.name for one in dataclasses.fields(Task)],
            "pickle": [pickle.loads(stored) == task, b"entry" in stored, b"#" in stored],
            "protocol 2": pickle.loads(pickle.dumps([Kind.ONE, Task], 2)) == [Kind.ONE, Task],
            "copy": copy.deepcopy(task) == task,
            "pydantic": Model.model_validate_json(model.model_dump_json()) == model,
            "source": inspect.getsource(Kind).splitlines()[0],
            "module": inspect.getmodule(Task) is sys.modules[__name__],
        })
"""


async def test_lookups_by_module_name_find_the_workers_own_module(tmp_path: Path) -> None:
    files = {"entry.py": BY_NAME}
    expected: dict[str, Any] = {
        "hints": True,
        "named tuple": True,
        "fields": ["name", "of", "kind"],
        "pickle": [True, True, False],
        "protocol 2": True,
        "copy": True,
        "pydantic": True,
        "source": "class Kind(enum.Enum):",
        "module": True,
    }
    first = load_worker(project(tmp_path / "a", files), {})
    second = load_worker(project(tmp_path / "b", files), {})
    assert [await asked(one) for one in (first, second, first)] == [expected] * 3


REGISTRY = """
import logging
from pkg.models import Todo
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        import sys, pkg.models
        return Response.json({
            "names": [__name__, Todo.__module__, pkg.models.__name__, repr(Todo)],
            "a table by name": {"pkg.models": "found"}.get(Todo.__module__),
            "a prefix": Todo.__module__.startswith("pkg."),
            "one logger": logging.getLogger(Todo.__module__) is logging.getLogger("pkg.models"),
            "the module": sys.modules[Todo.__module__] is pkg.models,
            "what a library finds": Todo.of(),
            "shown": str(Response(__name__).body is not None),
        })
"""
MODELS = """
from __future__ import annotations
import dataclasses, typing
ME = {text!r}

@dataclasses.dataclass
class Todo:
    kind: typing.ClassVar[str] = ME
    title: str = ""

    @classmethod
    def of(cls):
        return [typing.get_type_hints(cls)["title"].__name__, len(dataclasses.fields(cls)), ME]
"""


async def test_a_workers_modules_have_the_names_that_it_gave_them(tmp_path: Path) -> None:
    def files(text: str) -> dict[str, str]:
        return {"entry.py": REGISTRY, "pkg/__init__.py": "", "pkg/models.py": MODELS.format(text=text)}

    def expected(text: str) -> dict[str, Any]:
        return {
            "names": ["entry", "pkg.models", "pkg.models", "<class 'pkg.models.Todo'>"],
            "a table by name": "found",
            "a prefix": True,
            "one logger": True,
            "the module": True,
            "what a library finds": ["str", 1, text],
            "shown": "True",
        }

    first = load_worker(project(tmp_path / "a", files("old")), {})
    second = load_worker(project(tmp_path / "b", files("new")), {})
    assert [await asked(one) for one in (first, second, first)] == [
        expected(text) for text in ("old", "new", "old")
    ]
    assert "pkg.models" not in sys.modules
    first.space.forget()
    assert await asked(second) == expected("new")


FAILING_IMPORTS = {
    "import pkg.nothing": "ModuleNotFoundError: No module named 'pkg.nothing'",
    "from pkg import nothing": "ImportError: cannot import name 'nothing' from 'pkg' (",
    "from . import pkg": "ImportError: attempted relative import with no known parent package",
    "import pkg.too_far": "ImportError: attempted relative import beyond top-level package",
    "from src.pkg import ME": "ModuleNotFoundError: No module named 'src'",
    "import harness": "ModuleNotFoundError: No module named 'harness'",
    "import pkg.late": "KeyError: 'late'",
}


@pytest.mark.parametrize("statement", FAILING_IMPORTS)
def test_an_import_that_fails_names_what_the_worker_named(tmp_path: Path, statement: str) -> None:
    files = {
        "entry.py": f"x = 1\n{statement}\n",
        "pkg/__init__.py": "",
        "pkg/too_far.py": "from .. import other",
        "pkg/late.py": "{}['late']",
    }
    with pytest.raises(LoadError) as caught:
        load_worker(project(tmp_path / "a", files), {})
    text = str(caught.value)
    assert FAILING_IMPORTS[statement] in text.splitlines()[0]
    assert f'src/entry.py", line 2, in <module>\n    {statement}\n' in text
    assert "importlib" not in text
    assert str(Path(load_worker.__code__.co_filename).parent) not in text


def test_a_syntax_error_is_shown_with_its_line_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(LoadError) as caught:
        load_worker(project(tmp_path / "a", {"entry.py": "class A\n"}), {})
    lines = str(caught.value).splitlines()
    assert [line.strip() for line in lines[2:]] == ["class A", "^", "SyntaxError: expected ':'"]


def test_a_failed_load_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(sys.modules)
    with pytest.raises(LoadError):
        load_worker(project(tmp_path / "gone", {"entry.py": "import pkg\n1 / 0", "pkg.py": ""}), {})
    assert not [name for name in set(sys.modules) - before if "gone" in name]


async def test_a_file_is_opened_beside_the_entry_file(tmp_path: Path) -> None:
    read = "def read():\n    with open('config.json') as file:\n        return file.read()"
    assert await answer_of(tmp_path / "a", answering("read()", read) | {"config.json": "beside"}) == "beside"
