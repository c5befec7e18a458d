"""No signature: for tests and machines that never draw."""

from __future__ import annotations

from datetime import datetime

from helpdesk.adapters.signing import SignerIdentity


class NullSigner:
    """Hands every paper back as it came."""

    identity: SignerIdentity | None = None

    def sign(self, pdf: bytes, moment: datetime) -> bytes:
        """The very same bytes."""
        return pdf
