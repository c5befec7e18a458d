"""Signed papers, judged by other people's programs: pdfsig, qpdf, a validator of PDF/A and PDF/UA."""

from __future__ import annotations

import random
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import page
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from helpdesk.adapters.pdf.null import one_line_pdf
from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer
from helpdesk.adapters.signing import SigningUnavailable, keys
from helpdesk.adapters.signing.pades import PadesSigner, look
from tests.adapters.test_certificate_pdf import FACTS

MOMENT = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A development authority of our own."""
    made = tmp_path_factory.mktemp("keys") / "signing"
    keys.own(made, "问渠")
    return made


@pytest.fixture(scope="module")
def signer(folder: Path) -> PadesSigner:
    return PadesSigner(lambda: keys.own(folder, "问渠"))


@pytest.fixture(scope="module")
def plain() -> bytes:
    """The certificate before it is signed."""
    return WeasyPrintRenderer("问渠", "Wenqu").render(FACTS)


@pytest.fixture(scope="module")
def signed(plain: bytes, signer: PadesSigner) -> bytes:
    return signer.sign(plain, MOMENT)


def pdfsig(pdf: bytes, folder: Path, authority: bytes | None) -> str:
    """What poppler says of a file, trusting one authority or nobody."""
    store, file = folder / "nss", folder / "file.pdf"
    file.write_bytes(pdf)
    if not store.exists():
        store.mkdir()
        subprocess.run(["certutil", "-N", "-d", f"sql:{store}", "--empty-password"], check=True)
        if authority is not None:
            (folder / "ca.pem").write_bytes(authority)
            add = ["certutil", "-A", "-d", f"sql:{store}", "-n", "ca", "-t", "CT,C,C", "-i", str(folder / "ca.pem")]
            subprocess.run(add, check=True)
    return subprocess.run(["pdfsig", "-nssdir", f"sql:{store}", str(file)], capture_output=True, text=True).stdout


# --- a stranger's checker ---


def test_a_checker_of_somebody_else_finds_it_valid_and_trusted(signed: bytes, folder: Path, tmp_path: Path) -> None:
    said = pdfsig(signed, tmp_path, keys.authority_pem(folder))
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    assert "Signer Certificate Common Name: 问渠 证书签名" in said


def test_without_our_authority_it_is_valid_and_not_trusted(signed: bytes, tmp_path: Path) -> None:
    said = pdfsig(signed, tmp_path, None)
    assert "Signature is Valid." in said
    assert "Certificate is Trusted." not in said


def test_the_file_is_well_formed(signed: bytes, tmp_path: Path) -> None:
    (tmp_path / "signed.pdf").write_bytes(signed)
    done = subprocess.run(["qpdf", "--check", str(tmp_path / "signed.pdf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No syntax or stream encoding errors found" in done.stdout


@pytest.mark.parametrize("profile", ["2a", "ua1"])
def test_signing_takes_nothing_from_archives_and_screen_readers(signed: bytes, plain: bytes, profile: str) -> None:
    for pdf in (plain, signed):
        report = page.validate_pdf_bytes(pdf, profile=profile)
        assert report.is_compliant, [(one.rule_id, one.message) for one in report.failures]
        assert report.rules.failed == 0


def test_signed_twice_is_the_same_file(plain: bytes, signed: bytes, folder: Path) -> None:
    again = PadesSigner(lambda: keys.own(folder, "问渠"))
    assert again.sign(plain, MOMENT) == signed


def test_it_stays_small(plain: bytes, signed: bytes) -> None:
    assert len(signed) < len(plain) + 12_000


# --- what is changed is found ---


def test_a_whole_paper_holds(signed: bytes, signer: PadesSigner) -> None:
    report = look(signed)
    assert report.holds
    assert report.fingerprint == signer.key.identity.fingerprint


def test_one_changed_byte_anywhere_in_the_signed_range_is_found(signed: bytes) -> None:
    start = signed.index(b"/Contents <") + len(b"/Contents ")
    end = signed.index(b">", start) + 1
    chance = random.Random(20261129)
    places = [chance.randrange(start) for _ in range(60)] + [chance.randrange(end, len(signed)) for _ in range(40)]
    for place in places:
        broken = bytearray(signed)
        broken[place] ^= 1 << chance.randrange(8)
        assert not look(bytes(broken)).holds, place


def test_a_checker_of_somebody_else_finds_the_changed_byte(signed: bytes, folder: Path, tmp_path: Path) -> None:
    broken = bytearray(signed)
    broken[signed.index(b"stream") + 200] ^= 1
    assert "Signature is Valid" not in pdfsig(bytes(broken), tmp_path, keys.authority_pem(folder))


def test_what_is_added_at_the_end_is_found(signed: bytes) -> None:
    report = look(signed + b"\n% a later word\n")
    assert report.is_intact
    assert not report.holds


def test_a_later_revision_over_the_signature_is_found(signed: bytes) -> None:
    """The old signature stays valid over its own bytes; what a reader sees is another page."""
    import io

    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.root["/Lang"] = generic.TextStringObject("xx")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    report = look(out.getvalue())
    assert report.is_signed
    assert not report.holds


def test_saved_anew_by_another_program_is_found(signed: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(signed)
    subprocess.run(["qpdf", str(tmp_path / "a.pdf"), str(tmp_path / "b.pdf")], check=True)
    report = look((tmp_path / "b.pdf").read_bytes())
    assert report.is_signed
    assert not report.holds


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-", b"%PDF-1.7\n" + b"<<" * 5000, b"/ByteRange [0 1 2 3]", b"\x00" * 4096, "不是文件".encode()],
    ids=["empty", "header", "deep", "words", "zeros", "text"],
)
def test_nonsense_has_no_signature_and_is_no_crash(data: bytes) -> None:
    assert not look(data).holds


def test_a_signed_file_of_somebody_else_is_not_ours(tmp_path: Path, signer: PadesSigner) -> None:
    theirs = PadesSigner(lambda: keys.own(tmp_path / "signing", "别处"))
    report = look(theirs.sign(one_line_pdf("X"), MOMENT))
    assert report.holds
    assert report.fingerprint != signer.key.identity.fingerprint


# --- keys ---


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    made = tmp_path / "signing"
    first = keys.own(made, "问渠").identity
    assert keys.own(made, "问渠").identity == first
    for file in made.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_rotation_leaves_the_authority_and_old_papers(tmp_path: Path, plain: bytes) -> None:
    made = tmp_path / "signing"
    old = PadesSigner(lambda: keys.own(made, "问渠"))
    before = old.sign(plain, MOMENT)
    authority = keys.authority_pem(made)
    keys.rotate(made, "问渠", algorithm="rsa-3072")
    new = PadesSigner(lambda: keys.own(made, "问渠"))
    after = new.sign(plain, MOMENT)
    assert keys.authority_pem(made) == authority
    assert new.key.identity.algorithm == "RSA 3072"
    for pdf in (before, after):
        assert look(pdf).holds
        assert "Certificate is Trusted." in pdfsig(pdf, tmp_path, authority)
    assert look(before).fingerprint != look(after).fingerprint


def test_a_key_of_ones_own_from_a_file_with_a_password(folder: Path, tmp_path: Path, plain: bytes) -> None:
    key = keys.own(folder, "问渠")
    packed = pkcs12.serialize_key_and_certificates(
        b"x", key.private, key.certificate, list(key.chain), serialization.BestAvailableEncryption(b"pass")
    )
    (tmp_path / "seal.p12").write_bytes(packed)
    assert look(PadesSigner(lambda: keys.read(tmp_path / "seal.p12", "pass")).sign(plain, MOMENT)).holds
    for password in ("", "wrong"):
        with pytest.raises(SigningUnavailable, match="SIGNING_PASSWORD") as refused:
            keys.read(tmp_path / "seal.p12", password)
        assert "\n" not in str(refused.value)
    with pytest.raises(SigningUnavailable, match="cannot be read"):
        keys.read(tmp_path / "nowhere.p12", "")
    (tmp_path / "half.p12").write_bytes(packed[:100])
    with pytest.raises(SigningUnavailable, match="cannot be opened"):
        keys.read(tmp_path / "half.p12", "pass")
    other = keys.own(tmp_path / "other", "别处")
    pem = other.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + key.certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "mixed.pem").write_bytes(pem)
    with pytest.raises(SigningUnavailable, match="belongs to another key"):
        keys.read(tmp_path / "mixed.pem", "")


def test_a_key_that_ended_signs_no_more(signer: PadesSigner, plain: bytes) -> None:
    with pytest.raises(SigningUnavailable, match=r"signing key ended .* signing-rotate"):
        signer.sign(plain, MOMENT + timedelta(days=366 * keys.KEY_YEARS))


def test_set_up_makes_the_key_and_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "helpdesk.adapters.signing.keys"]
    root = Path(__file__).parents[2]
    environment = {"PATH": "/usr/bin:/bin", "INSTANCE_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ECDSA secp256r1" in done.stdout
    wrong = {**environment, "SIGNING_KEY": str(tmp_path / "none.p12")}
    refused = subprocess.run(command, cwd=root, env=wrong, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1


def test_nothing_heavy_is_imported_before_the_first_signature() -> None:
    code = "import sys, helpdesk.adapters.signing.chosen; sys.exit('pyhanko' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_facts_of_the_law_stand_on_the_signed_paper(signed: bytes) -> None:
    text = subprocess.run(["pdftotext", "-", "-"], input=signed, capture_output=True, check=True).stdout.decode()
    for fact in (FACTS.issuer_name, "累计4.5小时", "数字签名防篡改"):
        assert fact in text.replace("\n", "")


def test_other_words_are_another_file(signer: PadesSigner, signed: bytes) -> None:
    other = WeasyPrintRenderer("问渠", "Wenqu").render(replace(FACTS, minutes_total=312))
    assert signer.sign(other, MOMENT) != signed
