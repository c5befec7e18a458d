"""Which signer this deployment uses, by its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpdesk.adapters.signing import Signer
from helpdesk.adapters.signing import keys as signing_keys
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.signing.pades import PadesSigner


def signer_from(settings: dict[str, Any]) -> Signer:
    """The key that SIGNING_KEY names, else the development authority's; none where nothing is drawn."""
    if settings["PDF_ENGINE"] == "null":
        return NullSigner()
    if settings["SIGNING_KEY"]:
        path, password = Path(settings["SIGNING_KEY"]), settings["SIGNING_PASSWORD"]
        return PadesSigner(lambda: signing_keys.read(path, password))
    name = settings["SITE_NAME"]
    return PadesSigner(lambda: signing_keys.own(signing_keys.folder(), name))
