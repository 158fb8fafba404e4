"""Who uses an audience and must hear of its edits.

Mailings are a higher area, so audience cannot import them: the feature that knows hands a listener in at start
(``app.extensions[KEY]``), and the service takes it as an argument (docs/decisions/0004-history-handed-down.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from campaigns.audience.models import Audience
from outreach.audit.service import Actor

KEY = "outreach.audience_users"

#: Told of an audience whose conditions have just changed, within that unit of work; names what it took back.
Listener = Callable[[Session, Actor, Audience, datetime], Sequence[str]]


def nobody(_session: Session, _actor: Actor, _audience: Audience, _now: datetime) -> Sequence[str]:
    """Stands in where no mailings exist."""
    return ()
