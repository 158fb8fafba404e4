"""Building the application from settings and features. Building has no side effect: no connection, no
thread, no folder is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from outreach import commands, upgrades
from outreach.clock import Clock, SystemClock
from outreach.config import Settings
from outreach.db import db, engine_options
from outreach.feature import Feature, Registry
from outreach.signing import Signer
from outreach.web import access, api, errors, filters, mail_frame, numbers, protection, site

ROOT = Path(__file__).resolve().parent.parent
MAX_REQUEST_BYTES = 52 * 1024 * 1024

CSP = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}


@dataclass
class Outreach:
    """What belongs to one built application; found at ``app.extensions['outreach']``."""

    settings: Settings
    registry: Registry
    clock: Clock
    signer: Signer
    translations: Path = ROOT / "outreach" / "translations"
    library_views: dict[str, str] = field(default_factory=dict)  # endpoint -> why it is safe unguarded


def build_app(settings: Settings, features: Sequence[Feature], *, clock: Clock | None = None) -> Flask:
    """The WSGI application made of ``features``, in their order."""
    app = Flask("outreach", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(_flask_config(settings))
    signer = Signer([key.encode() for key in settings.link_keys])
    app.extensions["outreach"] = Outreach(settings, Registry(tuple(features)), clock or SystemClock(), signer)
    if settings.base_url.startswith("https"):  # TLS ends at a proxy in front of us
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    db.init_app(app)
    upgrades.init_app(app)
    numbers.init_app(app)
    site.init_app(app)
    mail_frame.init_app(app)
    protection.init_app(app)
    _security_headers(app, settings)
    filters.init_app(app)
    errors.init_app(app)
    api.init_app(app)
    for feature in features:
        _add(app, feature)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # Korean stays readable; features may replace app.json
    access.init_app(app)
    commands.init_app(app)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    https = settings.base_url.startswith("https")
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.testing,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        "MAX_CONTENT_LENGTH": MAX_REQUEST_BYTES,
        "OUTREACH_DEMO": settings.demo,
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PREFERRED_URL_SCHEME": "https" if https else "http",
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_ENABLED": not settings.testing,  # the tests of CSRF itself switch it on
        "RATELIMIT_ENABLED": not settings.testing,
        "TEMPLATES_AUTO_RELOAD": False,
    }


def _security_headers(app: Flask, settings: Settings) -> None:
    https = settings.base_url.startswith("https")
    Talisman(
        app, force_https=False, strict_transport_security=https, session_cookie_secure=https,
        content_security_policy=CSP, frame_options="SAMEORIGIN", referrer_policy="same-origin",
    )


def _add(app: Flask, feature: Feature) -> None:
    for blueprint in feature.blueprints:
        app.register_blueprint(blueprint)
    for blueprint in feature.api_blueprints:
        api.register(app, blueprint)
    for command in feature.commands:
        app.cli.add_command(command)
    if feature.init_app:
        feature.init_app(app)
