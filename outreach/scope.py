"""Who is asking, as plain data: the role and the belonging that limit every query.

Services take a :class:`Scope` and never look at a request. A scope without centre and organisation
belongs to headquarters, administration or audit and sees every centre.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(str, enum.Enum):
    HEADQUARTERS = "headquarters"
    CENTRE_MANAGER = "centre_manager"
    PROMOTION = "promotion"
    PLANNER = "planner"
    PARTNER = "partner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ROLE_LABELS = {
    Role.HEADQUARTERS: "본부",
    Role.CENTRE_MANAGER: "센터 관리자",
    Role.PROMOTION: "홍보담당",
    Role.PLANNER: "일·육아 동행 플래너",
    Role.PARTNER: "협력기관",
    Role.AUDITOR: "감사",
    Role.ADMINISTRATOR: "시스템 관리자",
}

#: Roles whose belonging is a centre; PARTNER belongs to an organisation; the rest to the whole.
CENTRE_ROLES = frozenset({Role.CENTRE_MANAGER, Role.PROMOTION, Role.PLANNER})
#: Everyone inside the service, i.e. all but partners.
STAFF_ROLES = frozenset(Role) - {Role.PARTNER}
#: Those who may change campaigns, companies, materials.
EDITOR_ROLES = frozenset({Role.HEADQUARTERS, Role.CENTRE_MANAGER, Role.PROMOTION})
#: Those who work leads.
LEAD_ROLES = frozenset({Role.HEADQUARTERS, Role.CENTRE_MANAGER, Role.PLANNER, Role.PROMOTION})


@dataclass(frozen=True, slots=True)
class Scope:
    """A person's reach. ``centre_id`` is set exactly for CENTRE_ROLES, ``organisation_id`` exactly
    for partners; both None means all centres."""

    role: Role
    user_id: int | None = None
    centre_id: int | None = None
    organisation_id: int | None = None

    def __post_init__(self) -> None:
        if (self.role in CENTRE_ROLES) != (self.centre_id is not None):
            raise ValueError(f"role {self.role.value} and centre {self.centre_id} do not fit")
        if (self.role is Role.PARTNER) != (self.organisation_id is not None):
            raise ValueError(f"role {self.role.value} and organisation {self.organisation_id} do not fit")

    @property
    def is_partner(self) -> bool:
        return self.role is Role.PARTNER

    @property
    def sees_all_centres(self) -> bool:
        return self.centre_id is None and not self.is_partner


#: For jobs and commands that act for the service itself.
SYSTEM = Scope(Role.ADMINISTRATOR)
