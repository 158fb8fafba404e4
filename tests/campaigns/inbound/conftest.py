"""The fixtures of delivery: a mailing written, approved and started."""

from __future__ import annotations

from tests.campaigns.delivery.conftest import approve, approver, draft, officer, setting, start

__all__ = ["approve", "approver", "draft", "officer", "setting", "start"]
