"""Fixtures that make a project on disk and read its configuration."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from worker.config import WorkerConfig, find_config, load_config

Files = Mapping[str, Any]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Files], Path]:
    """Writes files, given as text, bytes or ``{"base64": …}``, and returns the folder."""

    def write_files(files: Files) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                content = content.encode("utf-8", "surrogatepass")
            path.write_bytes(content if isinstance(content, bytes) else base64.b64decode(content["base64"]))
        return tmp_path

    return write_files


@pytest.fixture
def load(write: Callable[[Files], Path]) -> Callable[..., WorkerConfig]:
    """Writes files and loads the configuration among them; further arguments go to load_config."""

    def load_files(files: Files, *arguments: Any, **options: Any) -> WorkerConfig:
        path = find_config(write(files))
        assert path is not None, "no configuration among the files"
        return load_config(path, *arguments, **options)

    return load_files
