"""The door for staff: signing in, in one step or two, and out."""

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from service import clock
from service.auth import Actor, Permission
from service.domain import sessions
from service.domain.accounts_errors import SecondFactorNeeded, StepExpired, WrongCode
from service.errors import Refusal, TooManyRequests, WrongCredentials
from service.i18n import gettext as _
from service.pages.menus import HOME
from service.pages.render import FormError, page
from service.pages.route import LONGEST_NEXT, SIGN_IN, PageRoute
from service.pages.ways import TYPED
from service.routers.access import Session, allow, allow_first, database_of
from service.routers.sessions import forget_cookie, open_session, take_second_step

router = APIRouter(route_class=PageRoute, include_in_schema=False)
EMAIL_COOKIE, EMAIL_SECONDS = "bimtek-email", 600
SECOND_STEP = SIGN_IN + "/code"
Anyone = Annotated[Actor, allow_first(Permission.PUBLIC)]
Own = Annotated[Actor, allow(Permission.ACCOUNT_OWN)]
After = Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)]


@router.get(SIGN_IN, operation_id="page_sign_in")
async def show_sign_in(
    request: Request,
    _actor: Anyone,
    after: Annotated[str, Query(alias="next", max_length=LONGEST_NEXT)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The sign-in form."""
    email = unquote(request.cookies.get(EMAIL_COOKIE, "")) if done in {"accepted", "reset"} else ""
    return _form(request, email=email, after=after, done=done)


@router.post(SIGN_IN, operation_id="page_signed_in")
async def sign_in(
    request: Request,
    _actor: Anyone,
    email: Annotated[str, Form(max_length=254)] = "",
    password: Annotated[str, Form(max_length=256)] = "",
    after: After = "",
) -> Response:
    """Signs in and goes on to where the person wanted to go, or to the second step."""
    answer = RedirectResponse(local_path(after) or HOME, status_code=303)
    try:
        await open_session(request, answer, email, password)
    except SecondFactorNeeded as needed:
        return _code_form(request, needed.challenge, after)
    except WrongCredentials:
        error = FormError("email", _("Surel atau kata sandi salah. Periksa keduanya, lalu coba lagi."))
        return _form(request, email=email, after=after, error=error, status=401)
    except TooManyRequests as refused:
        error = _too_many(refused, first=True)
        return _waits(_form(request, email=email, after=after, error=error, status=429), refused)
    return answer


@router.post(SECOND_STEP, operation_id="page_second_step")
async def second_step(
    request: Request,
    _actor: Anyone,
    challenge: Annotated[str, Form(max_length=300)] = "",
    code: Annotated[str, Form(max_length=80)] = "",
    recovery: Annotated[str, Form(max_length=80)] = "",
    after: After = "",
) -> Response:
    """Signs in with the app's `code` or with a `recovery` code; who took too long begins again."""
    answer = RedirectResponse(local_path(after) or HOME, status_code=303)
    try:
        await take_second_step(request, answer, challenge, recovery.strip() or code)
    except WrongCode as refused:
        error = _wrong(refused, recovery=bool(recovery.strip()))
        return _code_form(request, challenge, after, error, 401, recovery)
    except (StepExpired, WrongCredentials):
        error = FormError("email", _(StepExpired.title) + ". " + _(StepExpired.detail))
        return _form(request, after=after, error=error, status=401)
    except TooManyRequests as refused:
        return _waits(_code_form(request, challenge, after, _too_many(refused), 429), refused)
    return answer


@router.post("/sign-out", operation_id="page_sign_out")
async def sign_out(request: Request, session: Session, actor: Own) -> Response:
    """Ends the session."""
    await sessions.sign_out(session, actor)
    answer = RedirectResponse(SIGN_IN, status_code=303)
    forget_cookie(answer, database_of(request).settings)
    return answer


def remember_email(answer: Response, email: str, *, secure: bool) -> None:
    """For the sign-in form that follows, and for it alone: an address has no place in the query."""
    answer.set_cookie(
        EMAIL_COOKIE, quote(email), max_age=EMAIL_SECONDS, path=SIGN_IN, secure=secure, httponly=True, samesite="lax"
    )


def local_path(text: str) -> str | None:
    """The text when it is a path on this host, else None: nobody is led elsewhere after signing in."""
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if plain else None


def _too_many(refused: TooManyRequests, *, first: bool = False) -> FormError:
    """`first`: at the password, where whoever reads the mailbox comes in before that."""
    minutes = -(-(refused.retry_after or 60) // 60)
    said = (
        _("Terlalu banyak percobaan. Coba lagi setelah {minutes} menit, atau pilih Lupa kata sandi di bawah.")
        if first
        else _("Terlalu banyak percobaan. Coba lagi setelah {minutes} menit.")
    )
    return FormError("", said.format(minutes=minutes))


def _wrong(refused: WrongCode, *, recovery: bool) -> FormError:
    if recovery:
        said = _("Kode pemulihan ini salah atau sudah dipakai. Periksa hurufnya, atau ketik kode yang lain.")
        return FormError("recovery", said)
    return FormError("code", _(refused.title) + ". " + _(refused.detail))


def _waits(response: Response, refused: Refusal) -> Response:
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _form(
    request: Request,
    *,
    email: str = "",
    after: str = "",
    error: FormError | None = None,
    status: int = 200,
    done: str = "",
) -> Response:
    response = page(
        "sign_in.html",
        status=status,
        action=SIGN_IN,
        email=email,
        next=local_path(after) or "",
        late=after.endswith(TYPED),
        carried=f"next={quote(local_path(after) or '')}&" if after else "",
        errors=(error,) if error else (),
        done=done,
        demo=clock.now() if database_of(request).settings.now else None,
    )
    return same_origin_only(response)


def _code_form(
    request: Request,
    challenge: str,
    after: str,
    error: FormError | None = None,
    status: int = 200,
    recovery: str = "",
) -> Response:
    """`recovery`: what was typed of a long code, to be corrected."""
    response = page(
        "sign_in_code.html",
        status=status,
        action=SECOND_STEP,
        challenge=challenge,
        recovery=recovery,
        next=local_path(after) or "",
        errors=(error,) if error else (),
        demo=clock.now() if database_of(request).settings.now else None,
    )
    return same_origin_only(response)


def same_origin_only(response: Response) -> Response:
    """With no-referrer a browser says `Origin: null`, and the form could not be told from another site's."""
    response.headers["Referrer-Policy"] = "same-origin"
    return response
