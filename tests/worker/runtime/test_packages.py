"""Where a Worker's packages come from, and what is said when one is missing."""

import sys
from pathlib import Path

import pytest

from tests.worker.runtime.projects import answer_of, answering, asked, project, simulated
from worker.runtime import LoadError, load_worker

pytestmark = pytest.mark.anyio

SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
IMPORTS = answering("understudy_test_lib.FROM", "import understudy_test_lib")


def lib(place: str) -> dict[str, str]:
    return {f"/{place}/understudy_test_lib/__init__.py": f"FROM = {place!r}"}


async def test_packages_are_found_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    active = tmp_path / "active"
    project(active, lib(SITE))
    monkeypatch.setenv("VIRTUAL_ENV", str(active))
    venv, modules = f".venv/{SITE}", "python_modules"
    assert await answer_of(tmp_path / "a", IMPORTS | lib(venv) | lib(modules)) == venv
    assert await answer_of(tmp_path / "b", IMPORTS | lib(modules)) == modules
    assert await answer_of(tmp_path / "c", IMPORTS) == SITE


async def test_each_worker_has_its_own_version_of_a_package(tmp_path: Path) -> None:
    def files(version: str) -> dict[str, str]:
        code = "from importlib.metadata import version\nfrom . import part\n__version__ = version(__name__)"
        return answering(
            "[lib.__version__, version('lib')]", "import lib\nfrom importlib.metadata import version"
        ) | {
            "/python_modules/lib/__init__.py": code,
            "/python_modules/lib/part.py": "import lib",
            f"/python_modules/lib-{version}.dist-info/METADATA": f"Name: lib\nVersion: {version}\n",
        }

    old = load_worker(project(tmp_path / "old", files("1.0")), {})
    new = load_worker(project(tmp_path / "new", files("2.0")), {})
    assert [await asked(one) for one in (old, new, old)] == [["1.0"] * 2, ["2.0"] * 2, ["1.0"] * 2]


async def test_a_package_lives_in_the_clock_of_its_worker(tmp_path: Path) -> None:
    files = answering("lib.year()", "import lib") | {
        "/python_modules/lib.py": "from datetime import datetime\ndef year(): return datetime.now().year"
    }
    assert await answer_of(tmp_path / "a", files, simulated()) == 2001


async def test_own_modules_come_before_packages_and_the_sdk_is_ours(tmp_path: Path) -> None:
    files = answering("[understudy_test_lib.FROM, Response.__module__]", "import understudy_test_lib")
    files |= {"understudy_test_lib.py": "FROM = 'own'", "/python_modules/workers/__init__.py": "1 / 0"}
    assert (await answer_of(tmp_path / "a", files | lib("python_modules")))[0] == "own"


PROJECT = '[project]\nname = "x"\ndependencies = ["Missing-Lib>=1; python_version > \'3\'"]\n'


@pytest.mark.parametrize(
    ("files", "remedy"),
    [
        ({}, "missing_lib is not installed: pyproject.toml does not declare it"),
        ({"/pyproject.toml": PROJECT}, "missing_lib is not installed: pyproject.toml declares it"),
        ({"/pyproject.toml": "["}, "`python -m pip install --target python_modules missing_lib`"),
        ({"/missing_lib/x.py": ""}, "those beside its entry file: leave `missing_lib.` out"),
        (
            {
                "/python_modules/missing_lib/__init__.py": "",
                "/python_modules/missing_lib/a.cpython-310.so": "",
            },
            "python_modules/missing_lib/a.cpython-310.so is made for another Python",
        ),
    ],
)
def test_a_missing_package_is_named_with_the_remedy(
    tmp_path: Path, files: dict[str, str], remedy: str
) -> None:
    with pytest.raises(LoadError) as caught:
        load_worker(project(tmp_path / "a", {"entry.py": "import missing_lib"} | files), {})
    assert remedy in str(caught.value)


async def test_a_package_that_may_be_missing_is_no_failure(tmp_path: Path) -> None:
    optional = "try:\n    import missing_lib\nexcept ImportError as error:\n    gone = error.name"
    assert await answer_of(tmp_path / "a", answering("gone", optional)) == "missing_lib"


async def test_the_configuration_of_logging_names_modules_as_the_worker_does(tmp_path: Path) -> None:
    told = """logging.config.dictConfig({
    "version": 1,
    "formatters": {"own": {"()": "shout.Loud"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "own"}},
})"""
    files = answering(
        "type(logging.getHandlerByName('out').formatter).__name__"
        if sys.version_info >= (3, 12)
        else "type(logging._handlers['out'].formatter).__name__",
        f"import logging\nimport logging.config\n{told}",
    )
    files |= {"/python_modules/shout.py": "import logging\nclass Loud(logging.Formatter): pass"}
    assert await answer_of(tmp_path / "a", files) == "Loud"
