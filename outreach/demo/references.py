"""Whether the keys in the demo's stories lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from outreach.demo.companies import featured_companies

if TYPE_CHECKING:
    from outreach.demo.content import Brochure, DemoContent, Document


def dangling(content: DemoContent) -> Iterator[str]:
    """References that lead nowhere."""
    partners, accounts = _keys(content.partners), _keys(content.accounts)
    campaigns, cases = _keys(content.campaigns), _keys(content.cases)
    mailings, replies = _keys(content.mailings), _keys(content.replies)
    companies = set(featured_companies())
    papers: tuple[Brochure | Document, ...] = (*content.brochures, *content.documents)
    used = [
        ("partner", partners, {row.partner for row in content.accounts}),
        ("partner", partners, {part.partner for row in content.campaigns for part in row.partners}),
        ("partner", partners, {key for row in papers for key in row.partners}),
        ("account", accounts, {stage.owner for row in content.campaigns for stage in row.stages}),
        ("account", accounts, {row.owner for row in content.campaigns} | {row.author for row in papers}),
        ("account", accounts, {key for row in content.mailings for key in (row.author, row.approver)}),
        ("account", accounts, {row.entered_by for row in content.replies} | {row.planner for row in content.leads}),
        ("account", accounts, {entry.by for row in content.leads for entry in row.activities}),
        ("account", accounts, {row.planner for row in content.cases}),
        ("company", companies, {row.company for row in content.cases} | {row.company for row in content.replies}),
        ("campaign", campaigns, _campaign_keys(content)),
        ("case", cases, {key for row in papers for key in row.cases}),
        ("case", cases, {block.get("case", "") for row in content.mailings for block in row.blocks}),
        ("mailing", mailings, {row.mailing for row in content.replies}),
        ("reply", replies, {row.reply for row in content.leads}),
    ]
    for what, known, keys in used:
        yield from (f"no {what} {key}" for key in sorted(keys - known - {""}))


def _campaign_keys(content: DemoContent) -> set[str]:
    rows: tuple[Any, ...] = (*content.brochures, *content.documents, *content.mailings, *content.replies)
    return {row.campaign for row in rows}


def _keys(rows: Iterable[Any]) -> set[str]:
    return {row.key for row in rows}
