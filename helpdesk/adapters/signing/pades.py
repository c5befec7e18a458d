"""PAdES signatures by pyHanko, in the field that the press laid ready, and what a file's own signature says.

Nothing but the signature is added: pyHanko would write the metadata anew and raise the version, and the paper would
lose PDF/A and PDF/UA; it is kept from both here (its private methods, hence the pin and the conformance test). With
deterministic ECDSA (RFC 6979) and the paper's own date the same paper signed twice is the same file, so that a worker
that was killed between drawing and noting leaves no twin behind.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from helpdesk.adapters.signing import SignatureReport, SignerIdentity, SigningUnavailable

if TYPE_CHECKING:
    from helpdesk.adapters.signing.keys import SigningKey

FIELD = "Signature"
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
RESERVED = 2048  # bytes for the signature besides its certificates; letting pyHanko reckon them would sign twice
LARGEST_TO_CHECK = 20 * 1024 * 1024


class PadesSigner:
    """The real twin. Cheap to make: key and library are loaded at the first paper and then kept."""

    def __init__(self, load: Callable[[], SigningKey]) -> None:
        self._load = load
        self._key: SigningKey | None = None
        self._lock = threading.Lock()

    @property
    def key(self) -> SigningKey:
        """The key. Raises SigningUnavailable."""
        with self._lock:
            if self._key is None:
                self._key = self._load()
            return self._key

    @property
    def identity(self) -> SignerIdentity | None:
        """Whose signature it is. Raises SigningUnavailable."""
        return self.key.identity

    def sign(self, pdf: bytes, moment: datetime) -> bytes:
        """The PDF with one certifying signature after which nothing may change (DocMDP level 1).

        Raises SigningUnavailable when the key cannot be had or ended before `moment`.
        """
        from pyhanko.pdf_utils.misc import PdfError
        from pyhanko.sign import fields, signers

        made = self.key
        if made.identity.valid_until < moment:
            raise SigningUnavailable(
                f"the signing key ended on {made.identity.valid_until:%Y-%m-%d}; run: flask helpdesk signing-rotate"
            )
        meta = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            subfilter=fields.SigSeedSubFilter.PADES,
        )
        try:
            return _sign(pdf, signers.PdfSigner(meta, _simple_signer(made)), moment, _room(made))
        except PdfError as problem:
            raise SigningUnavailable(f"the paper cannot be signed: {problem}") from None


def _room(made: SigningKey) -> int:
    """Bytes to keep free for the signature with all its certificates."""
    certificates = (made.certificate, *made.chain)
    return RESERVED + sum(len(one.public_bytes(serialization.Encoding.DER)) for one in certificates)


def _sign(pdf: bytes, signer: Any, moment: datetime, room: int) -> bytes:
    """pyHanko's own steps, with the paper's moment in place of now."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes

    writer = _writer(pdf)
    session = signer.init_signing_session(writer, existing_fields_only=b"/FT/Sig" in pdf or b"/FT /Sig" in pdf)
    session.system_time = moment
    to_sign = session.prepare_tbs_document(validation_info=None, bytes_reserved=2 * room)
    prepared, output = to_sign.digest_tbs_document()

    async def finish() -> None:
        done = await to_sign.perform_signature(
            document_digest=prepared.document_digest,
            pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=moment),
        )
        await done.post_signature_processing(output)

    # In a thread of its own: whoever asks may be running a loop already, and a second one beside it is refused.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, finish()).result()
    return bytes(output.getbuffer())


def _writer(pdf: bytes) -> Any:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Untouching(IncrementalPdfFileWriter):
        """Adds a revision and leaves metadata, version and extensions as they are."""

        def _update_meta(self) -> None:
            """The press wrote the metadata; rewritten they would be no PDF/A."""

        def ensure_output_version(self, version: Any) -> None:
            """PDF/A-2 is PDF 1.7."""

        def register_extension(self, ext: Any) -> None:
            """PDF/A knows no extensions in the catalogue."""

        @classmethod
        def _handle_id(cls, prev: Any) -> Any:
            """The second half of the file's name follows from its content instead of chance."""
            first = prev.trailer["/ID"][0] if "/ID" in prev.trailer else None
            name = hashlib.sha256(pdf).digest()[:16]
            raw = getattr(first, "original_bytes", first) or name
            return generic.ArrayObject([generic.ByteStringObject(raw), generic.ByteStringObject(name)])

    return Untouching(io.BytesIO(pdf))


def _simple_signer(made: SigningKey) -> Any:
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def plain(certificate: Any) -> Any:
        return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))

    class Repeatable(signers.SimpleSigner):
        """Elliptic-curve signatures without chance, as RFC 6979 has them."""

        def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
            private = made.private
            if not isinstance(private, ec.EllipticCurvePrivateKey):
                return bytes(super().sign_raw(data, digest_algorithm))
            return private.sign(data, ec.ECDSA(HASHES[digest_algorithm], deterministic_signing=True))

    store: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([plain(certificate) for certificate in made.chain])
    secret = made.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Repeatable(plain(made.certificate), asn1_keys.PrivateKeyInfo.load(secret), store)


def look(pdf: bytes) -> SignatureReport:
    """What a file's own signature says. Anything may be handed in; what cannot be read has no signature.

    A file with a signature that cannot be made sense of any more counts as signed and not intact.
    """
    if len(pdf) > LARGEST_TO_CHECK or pdf.lstrip()[:5] != b"%PDF-":
        return SignatureReport()
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        return _look(pdf)
    except (Exception, RecursionError):
        # Whatever a broken or hostile file makes the parser do, the answer is the same: no whole signature.
        return SignatureReport(is_signed=b"/ByteRange" in pdf)


def _look(pdf: bytes) -> SignatureReport:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    found = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_regular_signatures
    if not found:
        return SignatureReport(is_signed=b"/ByteRange" in pdf)
    signature = found[0]
    certificate = signature.signer_cert
    fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
    signature.compute_integrity_info()
    intact, valid = validate_sig_integrity(
        signature.signer_info, certificate, expected_content_type="data", actual_digest=signature.compute_digest()
    )
    whole = len(found) == 1 and signature.coverage is SignatureCoverageLevel.ENTIRE_FILE
    return SignatureReport(True, bool(intact and valid), whole, fingerprint)
