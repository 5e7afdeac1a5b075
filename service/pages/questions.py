"""What the registration form of a workshop asks: the list, and the form of one question."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from service.auth import Actor, Permission
from service.domain import questions, workshops
from service.errors import NotFound, Refusal
from service.i18n import gettext as _
from service.models.questions import Question, QuestionRead
from service.models.workshops import Workshop
from service.models.workshops_shapes import WorkshopPatch
from service.pages import forms, questions_form, setup_saving
from service.pages.choosing import choose
from service.pages.forms import BadForm, Typed
from service.pages.house import staff_page
from service.pages.menus import HOME, SETUP
from service.pages.render import FormError
from service.pages.route import PageRoute
from service.pages.setup_steps import QUESTIONS, steps_of
from service.routers.access import Session, allow, allow_first, database_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Actor, allow(Permission.WORKSHOPS_WRITE)]
Writer = Annotated[Actor, allow_first(Permission.WORKSHOPS_WRITE)]
MOST = 30
NEW = "new"
Asked = list[Question]


@router.get(QUESTIONS, operation_id="page_questions")
async def show_questions(
    session: Session,
    actor: Reader,
    workshop: Annotated[UUID | None, Query(description="The one to show")] = None,
    edit: Annotated[str, Query(max_length=64, description="The question whose form to show; new: an empty one")] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    about: Annotated[str, Query(max_length=64, description="The question that was just changed")] = "",
) -> Response:
    """The questions in their order, or the form of one of them."""
    _choices, chosen = await choose(session, actor, workshop)
    if chosen is None:
        return RedirectResponse(HOME, status_code=303)
    if not edit:
        return await _list(session, actor, chosen, done=done, about=about)
    question = _find(questions.parsed(chosen.questions), edit)
    if question is None and edit != NEW:
        raise NotFound
    typed = questions_form.typed_of(question) if question else {"kind": "text"}
    return await _form(session, actor, chosen, typed, question.code if question else "")


@router.post(QUESTIONS + "/{workshop_id}", operation_id="page_change_questions")
async def change(workshop_id: UUID, request: Request, actor: Writer) -> Response:
    """Saves a question, or carries out one button of the list: `do` is its verb and the code, 'up penginapan'."""
    database = database_of(request)
    typed = await forms.typed(request)
    verb, _space, code = typed.get("do", "").partition(" ")
    try:
        async with database.write() as session:
            workshop, capacity = await workshops.find_for_change(session, actor, workshop_id)
            asked = questions.parsed(workshop.questions)
            if verb == "save":
                setup_saving.check_fresh(typed, workshop)
                code = _save(workshop, asked, typed)
            else:
                _carry_out(workshop, asked, verb, code)
            patch = forms.read(WorkshopPatch, {"questions": asked}, {"questions": _most()})
            await workshops.change(session, actor, workshop, capacity, patch)
    except NotFound:
        raise
    except Refusal as refused:
        return await _refused(request, actor, workshop_id, typed, refused)
    query = urlencode({"workshop": workshop_id, "done": verb, "about": code})
    return RedirectResponse(f"{QUESTIONS}?{query}", status_code=303)


def _save(workshop: Workshop, asked: Asked, typed: Typed) -> str:
    """Puts the question in its place and tells its code. Raises NotFound, InvalidInput."""
    former = typed.get("of")
    if former is None:
        taken = {one.code for one in [*asked, *questions.parsed(workshop.former_questions)]}
        asked.append(questions_form.read(typed, None, taken))
        return asked[-1].code
    place = _place(asked, former)
    asked[place] = questions_form.read(typed, former, ())
    return former


def _carry_out(workshop: Workshop, asked: Asked, verb: str, code: str) -> None:
    """Raises NotFound, BadForm."""
    match verb:
        case "up" | "down":
            place = _place(asked, code)
            other = place + (1 if verb == "down" else -1)
            if 0 <= other < len(asked):
                asked[place], asked[other] = asked[other], asked[place]
        case "remove":
            del asked[_place(asked, code)]
        case "again":
            former = questions.parsed(workshop.former_questions)
            asked.append(former[_place(former, code)])
        case "ready":
            found = questions_form.ready().get(code)
            if found is None:
                raise NotFound
            if found.label.casefold() in {one.label.casefold() for one in asked}:
                return
            taken = {one.code for one in [*asked, *questions.parsed(workshop.former_questions)]}
            asked.append(found.model_copy(update={"code": questions_form.free_code(code, taken)}))
        case _:
            raise BadForm


def _place(asked: Sequence[Question], code: str) -> int:
    """Raises NotFound."""
    found = next((place for place, one in enumerate(asked) if one.code == code), None)
    if found is None:
        raise NotFound
    return found


def _find(asked: Sequence[Question], code: str) -> Question | None:
    return next((one for one in asked if one.code == code), None)


def _ready(workshop: Workshop) -> list[Question]:
    """What can be added at once: neither what is asked already nor what nobody here could be asked."""
    there = questions.parsed(workshop.questions)
    known = {one.code for one in there} | {one.label.casefold() for one in there}
    modes = set(workshops.offered_modes(workshop))
    return [
        one
        for one in questions_form.ready().values()
        if not known & {one.code, one.label.casefold()} and (not one.modes or modes.intersection(one.modes))
    ]


def _most() -> str:
    return _("Paling banyak {count} pertanyaan, dan setiap kode satu kali saja.").format(count=MOST)


async def _refused(request: Request, actor: Actor, workshop_id: UUID, typed: Typed, refused: Refusal) -> Response:
    errors = [replace(one, field=one.field.partition("/")[0]) for one in setup_saving.errors_of(refused)]
    async with database_of(request).read() as session:
        workshop = await workshops.find(session, actor, workshop_id)
        if typed.get("do") == "save":
            of = typed.get("of", "")
            return await _form(session, actor, workshop, typed, of, errors=errors, status=refused.status)
        return await _list(session, actor, workshop, errors=errors, status=refused.status)


async def _list(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
    done: str = "",
    about: str = "",
) -> Response:
    told = await questions.overview(session, workshop)
    able = {one.code for one in questions.askable(workshop)}
    return await staff_page(
        session,
        actor,
        "setup_questions.html",
        SETUP,
        workshop=workshop,
        status=status,
        chosen=workshop,
        carried=f"workshop={workshop.id}&",
        steps_list=await steps_of(session, actor, workshop),
        asked=[one for one in told if one.asked],
        former=[one for one in told if not one.asked],
        shown=questions.askable(workshop),
        idle=[one.code for one in told if one.asked and one.code not in able],
        ready=_ready(workshop),
        kinds={one.value: one.label for one in questions_form.kinds()},
        errors=[replace(one, field="") for one in errors],
        most=MOST,
        done=done,
        undo=about if done == "remove" and _find(questions.parsed(workshop.former_questions), about) else "",
    )


async def _form(
    session: AsyncSession,
    actor: Actor,
    workshop: Workshop,
    typed: Typed,
    of: str,
    *,
    errors: Sequence[FormError] = (),
    status: int = 200,
) -> Response:
    told = await questions.overview(session, workshop) if of else []
    return await staff_page(
        session,
        actor,
        "setup_question.html",
        SETUP,
        workshop=workshop,
        status=status,
        chosen=workshop,
        carried=f"workshop={workshop.id}&edit={of or NEW}&",
        typed=typed,
        of=of,
        answered=_answered(told, of),
        kinds=questions_form.kinds(),
        modes=questions_form.modes(),
        roles=questions_form.roles(),
        errors=errors,
    )


def _answered(told: Sequence[QuestionRead], code: str) -> int:
    return next((one.answered for one in told if one.code == code and one.asked), 0)
