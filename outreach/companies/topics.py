"""What mailings are about, as a recipient may choose: leaving one topic keeps the others."""

from __future__ import annotations

import enum


class Topic(str, enum.Enum):
    SUBSTITUTES = "substitutes"
    FLEXIBLE = "flexible"
    SUBSIDIES = "subsidies"
    STORIES = "stories"
    EVENTS = "events"


TOPIC_LABELS = {
    Topic.SUBSTITUTES: "대체인력",
    Topic.FLEXIBLE: "유연근무",
    Topic.SUBSIDIES: "지원금",
    Topic.STORIES: "사례·소식",
    Topic.EVENTS: "행사 안내",
}
#: For pages that say everything in both languages.
TOPICS_IN_ENGLISH = {
    Topic.SUBSTITUTES: "Substitute staff",
    Topic.FLEXIBLE: "Flexible work",
    Topic.SUBSIDIES: "Subsidies",
    Topic.STORIES: "Stories and news",
    Topic.EVENTS: "Events",
}
