"""A command as the shell would run it: a process of its own, at the same moment."""

from __future__ import annotations

from click.testing import Result
from flask import Flask

from tests.browser import apart


def run(app: Flask, *words: str, typed: str = "") -> Result:
    """What a command says and how it ends."""

    def invoke() -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(args=words, input=typed)

    result: Result = apart(invoke)
    return result
