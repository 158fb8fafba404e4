"""What a file says it is, PDF/UA-1 and for archives PDF/A beside it, and what it needs to be that.

WeasyPrint announces one standard only. A file for an archive that is also accessible must announce both, and PDF/A
wants every property it doesn't know described in the file (ISO 19005-2 §6.6.2.3.3: extension schema).
"""

from __future__ import annotations

from typing import Any

import pydyf
from weasyprint import Document

from outreach.pdf.fitting import all_boxes
from outreach.pdf.options import UA

_UA_DESCRIPTION = """
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
  xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


def announce(document: Document, variant: str) -> None:
    """Let ``document`` say that it is accessible, whatever ``variant`` says beside it."""
    if variant == UA:
        return
    metadata = document.metadata
    generate = metadata.generate_rdf_metadata

    def with_accessibility(*arguments: object) -> bytes:
        rdf: bytes = generate(*arguments)
        return rdf.replace(b"</rdf:RDF>", _UA_DESCRIPTION.encode() + b"</rdf:RDF>")

    metadata.generate_rdf_metadata = with_accessibility


def link_once(document: Document) -> None:
    """Let an address have one field to press for each line it stands on. WeasyPrint makes another for each element
    inside the link, under that element's own tag, where no link may be (ISO 14289-1 §7.18.5)."""
    for page in document.pages:
        inside = {id(inner) for *_target, box in page.links for inner in all_boxes(box) if inner is not box}
        page.links = [link for link in page.links if id(link[-1]) not in inside]


def sharpen(pdf: Any, variant: str) -> None:
    """Let no picture of an archive's file ask to be smoothed: how it looks must not depend on the reader
    (ISO 19005-2 §6.2.8)."""
    if variant == UA:
        return
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and item.extra.get("Subtype") == "/Image":
            item.extra["Interpolate"] = "false"
