"""A briefing notice as a HWPX document, to be attached to an official letter and worked on (see cases.sheets.hwpx)."""

from __future__ import annotations

from cases.documents.kinds.notice import Notice
from cases.sheets.hwpx import ACCENT, MUTED, Writer, foot, programme_table


def notice_to_hwpx(notice: Notice) -> bytes:
    """All that the notice says, in tables where an office would have them."""
    writer = Writer()
    writer.line(" ".join(filter(None, (notice.eyebrow, notice.edition))), size=9, color=MUTED)
    writer.line(" ".join(notice.title.split()), bold=True, size=20)
    if notice.subtitle:
        writer.line(notice.subtitle, size=12)
    where = "\n".join(filter(None, (notice.place, notice.address)))
    rows = [("때", f"{notice.day} {notice.time}".strip()), ("곳", where), ("오시는 길", "\n".join(notice.directions)),
            *((fact.label, fact.value) for fact in (*notice.terms, *notice.hosts))]
    writer.table([("구분", "내용"), *((name, text) for name, text in rows if text)], (40, 130))
    writer.heading("순서")
    parts = [(row.time, row.title, row.speaker) for row in notice.timetable]
    writer.table([("시각", "내용", "말하는 사람"), *parts], (28, 97, 45))
    _list(writer, "이런 분을 기다립니다", notice.audience)
    _list(writer, "신청하는 법", notice.apply)
    if notice.programmes:
        writer.heading("이날 안내하는 제도")
        for programme in notice.programmes:
            programme_table(writer, programme, notice.issued_on)
    if notice.note:
        writer.line(notice.note, color=ACCENT)
    foot(writer, notice)
    return writer.document.to_bytes()


def _list(writer: Writer, heading: str, items: tuple[str, ...]) -> None:
    if items:
        writer.heading(heading)
        for item in items:
            writer.line(f"· {item}")
