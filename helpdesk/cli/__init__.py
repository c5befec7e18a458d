"""The shell: commands that call the same verbs as the routes. A bad call ends non-zero with one line."""

from __future__ import annotations

from flask import Flask

from helpdesk.cli import commands


def register(app: Flask) -> None:
    """Add every command to `flask`."""
    for command in commands.COMMANDS:
        app.cli.add_command(command)
