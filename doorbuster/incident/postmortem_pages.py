"""The postmortem in the browser: read, edited part by part, written again, published; for the whole company."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from doorbuster.accounts.tokens import metrics_token
from doorbuster.control.access import actor_of, may, operator_of
from doorbuster.control.health import may_scrape
from doorbuster.control.house import house_of
from doorbuster.incident import incident, postmortem, replay
from doorbuster.incident.evidence import drawn, drawn_plan
from doorbuster.incident.pages import now_of, the
from doorbuster.incident.postmortem import PLOTS, Document
from doorbuster.incident.writing import SECTIONS
from doorbuster.web.forms import Form, choice, read_form, text, whole
from doorbuster.web.pages import moment_of, show

FEED_MAX = 30


@dataclass(frozen=True)
class EditForm:
    """A person's text of one part, and the version that was seen."""

    body: str = text("The text", most=postmortem.BODY_CHARACTERS_MAX, required=False)
    seen: int = whole("The version", 0, 1_000_000)
    what: str = choice("What to do", ("keep", "give back"))


@dataclass(frozen=True)
class ReviewForm:
    """The drill that plays it again, or why there is none."""

    drill: str = text("The drill's name", most=100, required=False)
    why_not: str = text("Why there is none", most=500, required=False)


async def postmortem_show(request: Request) -> Response:
    """Show it; while the house has not written it yet, write it now."""
    return await _document_page(request, Form(), 200)


async def postmortem_markdown(request: Request) -> Response:
    """Give it as a Markdown file."""
    doc = await _the_document(request)
    return PlainTextResponse(postmortem.markdown(doc), media_type="text/markdown; charset=utf-8",
                             headers={"cache-control": "no-store"})  # fmt: skip


async def section_show(request: Request) -> Response:
    """Show the form of one part and its versions."""
    return await _section_page(request, None, 200)


async def section_edit(request: Request) -> Response:
    """Keep a person's text, or give the part back to the house."""
    it, form, name = await the(request), await read_form(request, EditForm), _section_or_404(request)
    if form.value is None:
        return await _section_page(request, form, 422)
    body = form.value.body if form.value.what == "keep" else None
    log, role = house_of(request).event_log, actor_of(request).role
    kept = await asyncio.to_thread(
        postmortem.edit, log, it.id, name, body, role=role, at=now_of(request), seen=form.value.seen
    )
    if not kept:
        late = form.with_mistake(
            "body", "Somebody wrote another version meanwhile; it stands below. Put the two together."
        )
        return await _section_page(request, late, 409)
    return RedirectResponse(f"/incidents/{it.id}/postmortem#{name}", 303)


async def postmortem_write(request: Request) -> Response:
    """Write the house's parts again; what people wrote stays."""
    it, house = await the(request), house_of(request)
    await asyncio.to_thread(postmortem.write, house.event_log, it, house.series.read, now_of(request))
    return RedirectResponse(f"/incidents/{it.id}/postmortem", 303)


async def postmortem_publish(request: Request) -> Response:
    """Put it on the company's page."""
    it = await the(request)
    await asyncio.to_thread(postmortem.publish, house_of(request).event_log, it.id, now_of(request))
    return RedirectResponse(f"/incidents/{it.id}/postmortem", 303)


async def incident_review(request: Request) -> Response:
    """Say which drill plays it again, or why none does; then it is reviewed."""
    it, form = await the(request), await read_form(request, ReviewForm)
    wish = form.value
    if wish is None or not (wish.drill or wish.why_not):
        return await _document_page(
            request, form.with_mistake("drill", "Name its drill, or say why there is none."), 422
        )

    def settle() -> incident.Incident | str:
        log = house_of(request).event_log
        incident.settle_drill(log, it.id, drill=wish.drill, why_not=wish.why_not)
        return incident.move(log, it.id, "reviewed", actor_of(request), now_of(request))

    moved = await asyncio.to_thread(settle)
    if isinstance(moved, str):
        return await _document_page(request, form.with_mistake("drill", moved), 409)
    return RedirectResponse(f"/incidents/{it.id}/postmortem", 303)


async def drill_show(request: Request) -> Response:
    """Give the drill that plays it again, as a file."""
    it, house = await the(request), house_of(request)
    pulled = await asyncio.to_thread(replay.levers_of, house.event_log, it)
    toml = await asyncio.to_thread(replay.drill_of, it, house.series.read, pulled)
    name = f"incident-{it.id}.toml"
    return PlainTextResponse(
        toml, headers={"cache-control": "no-store", "content-disposition": f'inline; filename="{name}"'}
    )


async def company_index(request: Request) -> Response:
    """Show everybody in the company what is published, a paragraph each, with a search."""
    words = request.query_params.get("q", "").strip()[:200]
    found = await asyncio.to_thread(postmortem.published, house_of(request).event_log, words)
    return show(
        request, "incident/company.html", operator=operator_of(request), found=found, words=words, moment=moment_of
    )


async def feed_show(request: Request) -> Response:
    """Give the newest as RSS 2.0: to this machine, or with the token that reads the metrics."""
    house = house_of(request)
    if not may_scrape(request, metrics_token(house.settings.secret)):
        return PlainTextResponse("the feed is for this machine or with the token\n", 403)
    found = (await asyncio.to_thread(postmortem.published, house.event_log))[:FEED_MAX]
    body = house.pages.render(
        "incident/feed.html", found=found, base=house.settings.room_url,
        stamp=lambda doc: format_datetime(moment_of(doc.published_at or doc.generated_at)),
    )  # fmt: skip
    return Response(body, media_type="application/rss+xml", headers={"cache-control": "no-store"})


def as_html(text_: str) -> Markup:
    """Return Markdown as HTML; HTML inside it is shown, not obeyed; a block called `plan` is drawn as one."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.add_render_rule("fence", _fence)
    return Markup(reader.render(text_))  # noqa: S704


def _fence(_: object, tokens: Sequence[Token], index: int, __: object, ___: object) -> str:
    token = tokens[index]
    return (
        str(drawn_plan(token.content))
        if token.info.strip() == "plan"
        else str(Markup("<pre><code>{}</code></pre>\n").format(token.content))
    )


async def _the_document(request: Request) -> Document:
    it, house = await the(request), house_of(request)
    doc = await asyncio.to_thread(postmortem.document, house.event_log, it)
    if doc is None:
        await asyncio.to_thread(postmortem.write, house.event_log, it, house.series.read, now_of(request))
        doc = await asyncio.to_thread(postmortem.document, house.event_log, it)
    assert doc is not None
    return doc


async def _document_page(request: Request, form: Form[ReviewForm] | Form[object], code: int) -> Response:
    doc = await _the_document(request)
    marks = [each for each in (doc.incident.impact_at, doc.incident.detected_at, doc.incident.mitigated_at) if each]
    curves = [(curve, drawn(curve, marks)) for curve in doc.curves if curve.name in PLOTS]
    return show(
        request, "incident/postmortem.html", code, operator=operator_of(request), doc=doc, it=doc.incident,
        curves=curves, as_html=as_html, moment=moment_of, form=form,
        may_operate=may(request, "operate"),
    )  # fmt: skip


async def _section_page(request: Request, form: Form[EditForm] | None, code: int) -> Response:
    name, doc = _section_or_404(request), await _the_document(request)
    section = next(each for each in doc.sections if each.name == name)
    log = house_of(request).event_log
    older = await asyncio.to_thread(postmortem.versions, log, doc.incident.id, name)
    typed = Form({"body": section.body}) if form is None else form
    return show(
        request, "incident/section.html", code, operator=operator_of(request), it=doc.incident, section=section,
        form=typed, older=older, moment=moment_of,
    )  # fmt: skip


def _section_or_404(request: Request) -> str:
    name = str(request.path_params["section"])
    if name not in SECTIONS:
        raise HTTPException(404, "A postmortem has no such part.")
    return name
