"""Sample content for the printed documents: fictional, and deliberately awkward where a test asks for it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from cases.documents.kinds.base import CaseCard, Section
from cases.documents.kinds.brochure import Brochure
from cases.sheets.content import (
    Amount,
    CaseSheet,
    Contact,
    Fact,
    Figure,
    Mark,
    Picture,
    ProgrammeCard,
    Quote,
    Step,
)

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"

TODAY = date(2026, 11, 23)
LONG_NAME = "한국초정밀특수금속가공자동화설비부품제조유통주식회사 창원제이공장 협력업체협의회"
LONG_PROGRAMME = "출산육아기 고용안정장려금 육아기 근로시간 단축 지원금"
SENTENCE = "한 사람이 빠지면 다음 조가 연장근무로 메워야 했고 납기가 밀릴 때마다 서로 눈치를 보았다. "


def photo_bytes() -> bytes:
    picture = Image.linear_gradient("L").resize((1200, 800)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()


def logo_bytes() -> bytes:
    picture = Image.new("RGBA", (400, 120), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((10, 10, 110, 110), fill=(0, 110, 90, 255))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


PHOTO = Picture("photo", "작업장에서 이야기하는 직원들", 1200, 800, "사진 새봄정밀")
LOGO = Picture("logo", "한빛산업단지관리공단", 400, 120)
ASSETS: Mapping[str, bytes] = {"photo": photo_bytes(), "logo": logo_bytes()}

CONTACT = Contact(
    centre="새길고용센터 기업지원팀", phone="02-000-1350", url="https://donghaeng.example/r/7K2M9",
    address="donghaeng.example/7K2M9", hours="평일 09:00~18:00",
    place="서울시 새길구 한빛로 12", regions="새길구, 한빛구",
)


def mark(number: int = 0, *, logo: bool = True) -> Mark:
    return Mark(f"협력기관 {number}", LOGO if logo else None)


def programme(number: int = 0, **changes: Any) -> ProgrammeCard:
    values: dict[str, Any] = {
        "name": f"대체인력 지원금 {number}", "payee": "사업주에게", "agency": "고용노동부",
        "summary": "휴직으로 생긴 빈자리에 사람을 새로 쓰면 인건비를 지원합니다.",
        "amounts": (Amount("140", "만원/월", "30인 미만"), Amount("130", "만원/월", "30인 이상")),
        "conditions": ("우선지원대상기업", "휴직을 30일 이상 허용"), "period": "대체 기간", "apply_at": "고용24",
        "basis": "고용보험법 시행령 제29조", "source": "국가법령정보", "verified": True,
        "checked_on": date(2026, 11, 2),
    }
    return ProgrammeCard(**(values | changes))


def case(number: int = 0, **changes: Any) -> CaseCard:
    values: dict[str, Any] = {
        "title": f"교대조를 다시 짜니 휴직이 가능해졌다 {number}", "company": "새봄정밀(주)", "summary": SENTENCE * 2,
        "facts": (Fact("지역", "경남 창원"), Fact("규모", "42명")),
        "effect": Figure("육아휴직 뒤 복귀", "4", "명", "0", "회사 인사기록"),
        "quote": Quote("일이 어디에 몰려 있는지 처음 보게 됐어요.", "생산관리 차장"),
        "programmes": ("대체인력 지원금",),
    }
    return CaseCard(**(values | changes))


def brochure(**changes: Any) -> Brochure:
    values: dict[str, Any] = {
        "title": "아이 키우는 직원과\n오래 함께 일하는 법",
        "subtitle": "우리 회사에 맞는 방법을 플래너가 함께 찾아 드립니다.",
        "issuer": "새길고용센터", "contact": CONTACT, "issued_on": TODAY,
        "why": Section("한 사람의 육아가 회사의 걱정이 되지 않도록", "작은 회사일수록 빈자리가 큽니다.", (SENTENCE,)),
        "audience": ("육아휴직을 처음 준비하는 회사", "교대제 사업장"),
        "steps": tuple(Step(title, SENTENCE, "3일 안에") for title in ("이야기를 듣습니다", "함께 봅니다", "돕습니다")),
        "programmes": (programme(1), programme(2), programme(3), programme(4)),
        "cases": (case(1, photo=PHOTO), case(2), case(3)),
        "apply": Section("전화 한 통이면 시작됩니다", "무엇이 걱정인지만 알려 주세요."),
        "figures": (Figure("휴직을 쓰지 않은 곳", "68", "%", "", "입주기업 조사"), Figure("상담 비용", "0", "원")),
        "checklist": ("사업자등록번호", "직원 수와 교대 형태"), "partners": (mark(1), mark(2, logo=False)),
        "sources": ("고용보험법 제23조",), "edition": "2026년 11월 제1판",
    }
    return Brochure(**(values | changes))


def sheet(**changes: Any) -> CaseSheet:
    values: dict[str, Any] = {
        "title": "교대조를 다시 짜니\n남성 육아휴직이 나왔다", "lead": "2교대 공장에서 한 사람의 자리를 비우는 법.",
        "company": "새봄정밀(주)", "facts": (Fact("지역", "경남 창원"), Fact("업종", "금속가공"), Fact("규모", "42명")),
        "problem": SENTENCE,
        "actions": (Step("대체표를 만들다", SENTENCE, "2025년 3월"), Step("서로 배우다", SENTENCE)),
        "effects": (Figure("육아휴직 뒤 복귀", "4", "명", "0", "회사 인사기록"), Figure("연장근무", "9", "시간", "22")),
        "contact": CONTACT, "issuer": "창원고용센터", "issued_on": TODAY, "photo": PHOTO,
        "quote": Quote("일이 어디에 몰려 있는지 처음 보게 됐어요.", "생산관리 차장"), "programmes": (programme(1),),
        "advice": ("혼자만 아는 일이 몇 가지인지 세어 보세요.",), "partners": (mark(1), mark(2, logo=False)),
        "planner": "김동행", "sources": ("회사 인사기록",), "fact_checked_on": date(2026, 11, 2),
    }
    return CaseSheet(**(values | changes))
