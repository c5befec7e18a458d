"""One press for all tests of papers."""

from __future__ import annotations

import pytest

from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer


@pytest.fixture(scope="session")
def renderer() -> WeasyPrintRenderer:
    """One worker, as in life. Fails with the line to run on a machine that is not set up."""
    made = WeasyPrintRenderer("问渠", "Wenqu")
    made.preflight()
    return made
