"""`fixlip-widget export`: from a notebook file to a page."""

from __future__ import annotations

from pathlib import Path

import nbformat

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write, check_writable


def export(notebook: Path, out: Path, *, execute: bool = False) -> tuple[int, int]:
    """Write a notebook as one HTML file with live views; the number of its views, and its size in bytes.

    Args:
        notebook: an `.ipynb` file, whose widgets were saved, as `execute` and JupyterLab's settings do.
        out: the page.
        execute: whether its cells are run first, in its folder; the file itself stays as it is.

    Raises:
        InputError: where the notebook cannot be read or run, or nbconvert is not installed.
    """
    try:
        from nbconvert.preprocessors import CellExecutionError, ExecutePreprocessor

        from fixlip_widget.notebook.exporter import FixlipExporter
    except ImportError as error:
        raise InputError(
            f"Exporting needs {error.name}; install it with pip install 'fixlip-widget[notebook]'."
        ) from error
    check_writable(out)
    try:
        content = nbformat.read(notebook, as_version=4)
    except FileNotFoundError as error:
        raise InputError(f"There is no notebook {notebook}; check the path.") from error
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise InputError(f"{notebook} is not a notebook ({error}); save it as .ipynb.") from error
    resources = {"metadata": {"name": notebook.stem, "path": str(notebook.parent.resolve())}}
    if execute:
        try:
            content, _ = ExecutePreprocessor(timeout=None).preprocess(content, resources)
        except CellExecutionError as error:
            raise InputError(f"{notebook} stops with {error.ename}: {error.evalue}; mend that cell.") from error
    page, resources = FixlipExporter().from_notebook_node(content, resources)
    text = page.encode(errors="replace")
    with atomic_write(out) as file:
        file.write(text)
    return len(resources["fixlip"]["states"]), len(text)
