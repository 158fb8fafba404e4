"""Where a workplace lies and which centre serves it: by its address, or by the district a person chose."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from outreach.errors import Invalid
from outreach.regions.models import Centre, IndustrialComplex, Region, RegionLevel
from outreach.regions.service import CentreIndex, Place, RegionIndex
from outreach.scope import Scope
from outreach.wording import Text

Columns = dict[str, int | None]


def locate(session: Session, address: str, day: date, district_id: int | None = None) -> Place | None:
    """The place of ``address`` on ``day``, or of ``district_id`` if one is given; None if neither tells it.
    Raises Invalid for an unknown district."""
    if district_id is None:
        return RegionIndex(session, day).match(address) if address else None
    region = session.get(Region, district_id)
    if region is None or region.level is not RegionLevel.DISTRICT or region.parent_id is None:
        raise Invalid("시·군·구를 골라 주세요.", fields={"district": "목록에 없는 시·군·구입니다."})
    return Place(region.parent_id, region.id, CentreIndex(session, day).centre_id(region.id))


def columns(place: Place | None, centre_id: int | None) -> Columns:
    """``place`` as columns of a workplace. One whose district nobody can tell belongs to ``centre_id``: the
    centre whose staff keep it."""
    if place is None:
        return {"province_id": None, "district_id": None, "centre_id": centre_id}
    centre = place.centre_id if place.district_id is not None else centre_id
    return {"province_id": place.province_id, "district_id": place.district_id, "centre_id": centre}


def refuse_elsewhere(session: Session, scope: Scope, place: Place | None) -> None:
    """A centre registers places of its own area only. Raises Invalid naming whose it is."""
    known = place is not None and place.district_id is not None
    if scope.centre_id is None or not known or place.centre_id == scope.centre_id:
        return
    centre = session.get(Centre, place.centre_id) if place.centre_id else None
    if centre is None:
        text = "아직 동행 플래너 고용센터가 없는 지역의 주소입니다. 본부에서 등록할 수 있습니다."
    else:
        text = Text("%(centre)s 관할의 주소입니다. 그 센터나 본부에서 등록할 수 있습니다.", centre=centre.name_ko)
    raise Invalid(text, fields={"address": text})


def known_complex(session: Session, complex_id: int | None) -> int | None:
    """``complex_id`` if there is such an industrial complex. Raises Invalid."""
    if complex_id is not None and session.get(IndustrialComplex, complex_id) is None:
        raise Invalid("산업단지를 골라 주세요.", fields={"complex": "목록에 없는 산업단지입니다."})
    return complex_id
