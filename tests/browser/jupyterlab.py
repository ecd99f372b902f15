"""A real JupyterLab, with settings, kernels and files of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

START_SECONDS = 60
SECONDARY = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # Cells out of sight are drawn too, so that a test finds them.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
# Otherwise every server has Node look for extensions to build.
PAGE = {"buildAvailable": False, "buildCheck": False}
# Nothing is awaited here: a promise that never settles would hold the test beyond any timeout.
OPEN = """path => {
  const { started, commands } = window.jupyterapp;
  started.then(() => commands.execute("docmanager:open", { path, factory: "Notebook" }));
}"""
KERNEL = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """A notebook of code cells that were never run."""
    blank: dict[str, object] = {"metadata": {}, "outputs": [], "execution_count": None}
    written = [
        blank | {"cell_type": "code", "id": f"cell-{place}", "source": source} for place, source in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


class JupyterLab:
    """A running server and what tests do with it."""

    def __init__(self, url: str, folder: Path, environment: dict[str, str]) -> None:
        self.url, self.folder, self.environment = url, folder, environment

    def jupyter(self, *arguments: str) -> None:
        """Run a jupyter command beside the server, as the same user."""
        command = [sys.executable, "-m", "jupyter", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"jupyter {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")

    def open(self, page: Page, notebook: str) -> None:
        """Show a notebook of the folder, alone, in the page, and wait for its kernel."""
        page.goto(f"{self.url}&reset")
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate(OPEN, notebook)
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function(f"() => {KERNEL}")

    def run_all(self, page: Page) -> None:
        """Run every cell; what they show comes when it comes."""
        page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def stop_kernel(self, page: Page) -> None:
        """Shut the notebook's kernel down and leave it without one."""
        page.evaluate("() => void window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        page.wait_for_function(f"() => !{KERNEL}")

    def theme(self, page: Page, name: str) -> None:
        """Change to "JupyterLab Light" or "JupyterLab Dark"."""
        page.evaluate("theme => void window.jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
        page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")


@contextmanager
def jupyterlab(home: Path, **variables: str) -> Iterator[JupyterLab]:
    """Serve `home / "work"` until the block ends; the server and its kernels also have these variables."""
    folders = {name: home / name for name in ("config", "data", "runtime", "settings", "workspaces", "work", "ipython")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    for plugin, settings in SECONDARY.items():
        path = folders["settings"] / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    page_config = folders["config"] / "labconfig" / "page_config.json"
    page_config.parent.mkdir()
    page_config.write_text(json.dumps(PAGE))
    environment = {
        **os.environ,
        **variables,
        "JUPYTER_CONFIG_DIR": str(folders["config"]),
        "JUPYTER_DATA_DIR": str(folders["data"]),
        "JUPYTER_RUNTIME_DIR": str(folders["runtime"]),
        "JUPYTERLAB_SETTINGS_DIR": str(folders["settings"]),
        "JUPYTERLAB_WORKSPACES_DIR": str(folders["workspaces"]),
        "IPYTHONDIR": str(folders["ipython"]),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={folders['work']}", "--LabApp.expose_app_in_browser=True"]
    log = home / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folders["work"]) as server,
    ):
        try:
            yield JupyterLab(address(server, folders["runtime"], log), folders["work"], environment)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    """Where the server says it is, token included."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        for path in runtime.glob("jpserver-*.json"):
            if text := path.read_text():
                info = json.loads(text)
                return f"{info['url']}lab?token={info['token']}"
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-4000:]}")
