"""Protection that areas ask for by name: CSRF tokens and limits on how often something may be asked.

Limits are counted in the memory of each web process; they blunt guessing and flooding, and nothing
else depends on their being exact.
"""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    limiter.init_app(app)
