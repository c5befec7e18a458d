"""What is done to the PDF after the words are on it: decoration laid under, PDF/UA declared beside PDF/A.

WeasyPrint declares one conformance at a time; an archive wants PDF/A-2a and a screen reader PDF/UA-1, and the file
keeps both promises. Works through WeasyPrint's public `finisher` hook, on the objects of its PDF library.
"""

from __future__ import annotations

import zlib
from typing import Any

import pydyf

VARIANT = "pdf/a-2a"
SIGNATURE_FIELD = "Signature"
LEVEL = 6  # the library's fixed 9 costs a tenth of a certificate's time and saves one byte in a hundred

# PDF/UA's mark, and the description that PDF/A asks for of every property it does not know (ISO 19005-2, 6.6.2.3).
UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of the PDF/UA standard</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


def finish(pdf: pydyf.PDF, art: bytes, *, is_signed: bool = True) -> None:
    """Lay `art`, a deflated content stream, under every page; add PDF/UA; deflate the rest quickly.

    A place for the signature is laid ready: one that the signer adds would be unknown to the tags, and no PDF/UA.
    """
    _lay_under(pdf, art)
    _declare_ua(pdf)
    if is_signed:
        _lay_signature(pdf)
    for stream in pdf.objects:
        if isinstance(stream, pydyf.Stream) and stream.compress:
            _deflate(stream)


def _lay_under(pdf: pydyf.PDF, art: bytes) -> None:
    under = pydyf.Stream([art], {"Filter": "/FlateDecode"})
    pdf.add_object(under)
    for page in _pages(pdf):
        page["Contents"] = pydyf.Array([under.reference, page["Contents"]])


def _declare_ua(pdf: pydyf.PDF) -> None:
    """Archives read metadata without decoding, hence plain."""
    metadata: Any = _object(pdf, pdf.catalog["Metadata"])
    metadata.compress = False
    metadata.stream = [metadata.stream[0].replace(b"</rdf:RDF>", UA)]


def _lay_signature(pdf: pydyf.PDF) -> None:
    """An empty, invisible signature field on the first page, tagged as a form (ISO 14289-1, 7.18.4)."""
    page = _pages(pdf)[0]
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    body = _object(pdf, root["K"][0])
    numbers = _object(pdf, root["ParentTree"])["Nums"]
    key = max(numbers[::2]) + 1
    field = pydyf.Dictionary(
        {
            "Type": "/Annot",
            "Subtype": "/Widget",
            "FT": "/Sig",
            "T": pydyf.String(SIGNATURE_FIELD),
            "TU": pydyf.String("数字签名 Digital signature"),
            "Rect": pydyf.Array([0, 0, 0, 0]),
            "F": 132,  # printed and locked
            "P": page.reference,
            "StructParent": key,
        }
    )
    pdf.add_object(field)
    element = pydyf.Dictionary({"Type": "/StructElem", "S": "/Form", "P": body.reference, "Pg": page.reference})
    element["Alt"] = pydyf.String("数字签名 Digital signature")
    element["K"] = pydyf.Dictionary({"Type": "/OBJR", "Obj": field.reference, "Pg": page.reference})
    pdf.add_object(element)
    body["K"].append(element.reference)
    numbers.extend((key, element.reference))
    page["Annots"] = pydyf.Array([*page.get("Annots", ()), field.reference])
    form = pydyf.Dictionary({"Fields": pydyf.Array([field.reference]), "SigFlags": 1})
    pdf.add_object(form)
    pdf.catalog["AcroForm"] = form.reference


def _pages(pdf: pydyf.PDF) -> list[Any]:
    return [o for o in pdf.objects if isinstance(o, dict) and o.get("Type") == "/Page"]


def _object(pdf: pydyf.PDF, reference: bytes) -> pydyf.Object:
    return pdf.objects[int(reference.split()[0])]


def _deflate(stream: pydyf.Stream) -> None:
    """Deflate; a last byte that reads as a line end confuses validators, and one blank more moves the checksum on."""
    data = b"\n".join(map(_bytes, stream.stream))
    packed = zlib.compress(data, LEVEL)
    while packed.endswith((b"\r", b"\n")):
        data += b" "
        packed = zlib.compress(data, LEVEL)
    if "Length1" in stream.extra:  # a font file says how long it is
        stream.extra["Length1"] = len(data)
    stream.stream, stream.compress, stream.extra["Filter"] = [packed], False, "/FlateDecode"


def _bytes(part: Any) -> bytes:
    if isinstance(part, pydyf.Object):
        return bytes(part.data)
    return part if isinstance(part, bytes) else str(part).encode("ascii")
