"""What the demo contributes: its command."""

from __future__ import annotations

from campaigns.demo.commands import demo
from outreach.feature import Feature

feature = Feature(name="demo", commands=(demo,))
