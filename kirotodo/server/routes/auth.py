"""Signing up, in and out. Where another server keeps the accounts, these addresses do not exist, but for `me`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, Field, SecretStr, StrictBool, ValidationInfo
from starlette.requests import Request
from starlette.responses import Response

from kirotodo.core.errors import InvalidInput, NotSignedIn
from kirotodo.server.auth.accounts import TokenPair
from kirotodo.server.auth.authenticator import Principal, authenticator_of, person, signed_in, token_of
from kirotodo.server.auth.email_addresses import EMAIL_MAX, folded_email, spellings_of
from kirotodo.server.auth.password_rules import PASSWORD_MAX, PASSWORD_MIN, check_password
from kirotodo.server.auth.rate_limit import address_of
from kirotodo.server.auth.tokens import TOKEN_MAX, Refresh
from kirotodo.server.dependencies import JsonRoute
from kirotodo.server.openapi import carries, named, problems
from kirotodo.server.schemas import Body, example

router = APIRouter(
    prefix="/api/auth",
    tags=["auth"],
    responses=problems(422, 429, 500, 503),
    generate_unique_id_function=named,
    route_class=JsonRoute,
)


def _email(text: str) -> str:
    try:
        return folded_email(text)
    except InvalidInput as error:
        raise ValueError(error.message) from None


def _whole(password: SecretStr) -> SecretStr:
    """JSON can hold halves of characters, which nobody can type and nothing can hash."""
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("a password cannot hold half of a character") from None
    return password


def _hard_to_guess(password: SecretStr, fields: ValidationInfo) -> SecretStr:
    try:
        check_password(password.get_secret_value(), email=fields.data.get("email"))
    except InvalidInput as error:
        raise ValueError(error.message) from None
    return password


Email = Annotated[
    str, Field(max_length=2 * EMAIL_MAX, examples=["ann@example.com"], json_schema_extra={"format": "email"})
]
Password = Annotated[
    SecretStr,
    Field(min_length=1, max_length=PASSWORD_MAX, examples=["correct horse battery"]),
    AfterValidator(_whole),
]
NewPassword = Annotated[
    Password,
    AfterValidator(_hard_to_guess),
    Field(
        description=f"{PASSWORD_MIN} to {PASSWORD_MAX} characters; neither a common password nor the address.",
        json_schema_extra={"minLength": PASSWORD_MIN},
    ),
]
RefreshToken = Annotated[str, Field(min_length=1, max_length=TOKEN_MAX)]


class SignUpBody(Body, json_schema_extra=example(email="ann@example.com", password="correct horse battery")):
    """The email and password of a new account."""

    email: Annotated[Email, AfterValidator(_email)]
    password: NewPassword


class SignInBody(Body, json_schema_extra=example(email="ann@example.com", password="correct horse battery")):
    """The email and password of an account."""

    email: Email
    password: Password


class RefreshBody(Body, json_schema_extra=example(refresh_token="eyJhbGciOi…")):
    """The refresh token to exchange for new tokens."""

    refresh_token: RefreshToken = Field(description="The newest one; it is replaced by the one in the answer.")


class SignOutBody(Body, json_schema_extra=example(everywhere=False)):
    """Which sessions to end: this one, or all."""

    everywhere: StrictBool = Field(default=False, description="End every session and every token of this user.")
    refresh_token: RefreshToken | None = Field(
        default=None, description="Tells which session ends where the access token has run out."
    )


class PasswordBody(
    Body, json_schema_extra=example(current_password="correct horse battery", new_password="staple the other battery")
):
    """The current and the new password."""

    current_password: Password
    new_password: NewPassword


class ResetBody(Body, json_schema_extra=example(token="eyJhbGciOi…", new_password="staple the other battery")):
    """A reset token from the operator, and the new password."""

    token: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Of `kirotodo token --reset-password`; it can be used once."
    )
    new_password: NewPassword


class UserOut(BaseModel):
    """A user, as answers show it."""

    id: str
    email: str | None
    deletion_at: datetime | None = Field(
        description="When the account is deleted, if that was asked for: `DELETE /api/{user_id}/deletion` keeps it."
    )


class TokensOut(BaseModel):
    """`access_token` opens the list for `expires_in` seconds; `refresh_token` is good for the next pair, once."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int
    refresh_token: str
    user: UserOut

    @classmethod
    def of(cls, pair: TokenPair) -> "TokensOut":
        """Return the answer for a pair of tokens."""
        return cls(
            access_token=pair.access_token,
            expires_in=pair.expires_in,
            refresh_token=pair.refresh_token,
            user=UserOut(id=pair.user_id, email=pair.email, deletion_at=pair.deletion_at),
        )


class Me(UserOut):
    """The user of a token."""

    timezone: str | None


async def accounts_are_here(request: Request) -> None:
    """Raises `NotFound` where another server keeps them."""
    _ = authenticator_of(request).own


async def counted_address(request: Request, _: Annotated[None, Depends(accounts_are_here)]) -> None:
    """Count a request to sign in against its address, and return the address."""
    await authenticator_of(request).limits.take_for(request, "sign_in", address_of(request))


COUNTED = [Depends(counted_address)]


@router.post(
    "/signup",
    status_code=201,
    dependencies=COUNTED,
    responses={201: carries("Location"), **problems(404, 409, 413, 415)},
)
async def sign_up(body: SignUpBody, request: Request, response: Response) -> TokensOut:
    """Make an account, and sign in."""
    authenticator = authenticator_of(request)
    address = address_of(request)
    await authenticator.limits.require_guess(body.email, address)
    pair = await authenticator.own.accounts.sign_up(body.email, body.password.get_secret_value())
    await authenticator.limits.guessed_right(body.email, address)
    response.headers["Location"] = "/api/auth/me"
    return TokensOut.of(pair)


@router.post("/signin", dependencies=COUNTED, responses=problems(401, 404, 413, 415))
async def sign_in(body: SignInBody, request: Request) -> TokensOut:
    """Begin a session. The answer is the same for an unknown address and for a wrong password."""
    authenticator = authenticator_of(request)
    name, address = spellings_of(body.email)[0], address_of(request)
    await authenticator.limits.require_guess(name, address)
    pair = await authenticator.own.accounts.sign_in(body.email, body.password.get_secret_value())
    await authenticator.limits.guessed_right(name, address)
    return TokensOut.of(pair)


@router.post("/password", dependencies=COUNTED, responses=problems(401, 403, 404, 409, 413, 415))
async def change_password(
    body: PasswordBody, request: Request, caller: Annotated[Principal, Depends(person)]
) -> TokensOut:
    """Set a new password. Every session and every token of the user ends; the answer is a new session."""
    authenticator = authenticator_of(request)
    name, address = caller.email or caller.user_id, address_of(request)
    await authenticator.limits.require_guess(name, address)
    current, new = body.current_password.get_secret_value(), body.new_password.get_secret_value()
    pair = await authenticator.own.accounts.change_password(caller.user_id, current=current, new=new)
    await authenticator.limits.guessed_right(name, address)
    return TokensOut.of(pair)


@router.post("/password/reset", dependencies=COUNTED, responses=problems(404, 413, 415))
async def reset_password(body: ResetBody, request: Request) -> TokensOut:
    """Set a new password with a token of whoever runs the server. Every session and every token of the user ends."""
    authenticator = authenticator_of(request)
    new = body.new_password.get_secret_value()
    return TokensOut.of(await authenticator.own.accounts.reset_password(body.token, new=new))


@router.post("/refresh", dependencies=[Depends(accounts_are_here)], responses=problems(401, 404, 413, 415))
async def refresh_tokens(body: RefreshBody, request: Request) -> TokensOut:
    """Return the next pair of tokens. A refresh token that was used before ends its session: somebody has a copy."""
    authenticator = authenticator_of(request)
    found = await _refresh_of(request, body.refresh_token)
    await authenticator.limits.take_for(request, "request", found.user_id)
    return TokensOut.of(await authenticator.own.accounts.refresh(found))


@router.post(
    "/signout",
    status_code=204,
    dependencies=[Depends(accounts_are_here)],
    responses=problems(401, 403, 404, 409, 413, 415),
)
async def sign_out(request: Request, body: SignOutBody | None = None) -> Response:
    """End this session, or all of them. The access token tells which, or a refresh token where that one has run out."""
    authenticator = authenticator_of(request)
    body = body or SignOutBody()
    try:
        caller = await authenticator.principal(token_of(request))
        caller.require_person()
        user_id, session_id = caller.user_id, caller.session_id
    except NotSignedIn:
        if body.refresh_token is None:
            await authenticator.limits.require("refused", address_of(request))
            raise
        found = await _refresh_of(request, body.refresh_token)
        await authenticator.own.accounts.refresh(found)
        user_id, session_id = found.user_id, found.session_id
    await authenticator.limits.take_for(request, "request", user_id)
    await authenticator.own.accounts.sign_out(user_id, session_id, everywhere=body.everywhere)
    return Response(status_code=204)


@router.get("/me", responses=problems(401))
async def get_me(request: Request, caller: Annotated[Principal, Depends(signed_in)]) -> Me:
    """Return the user of the token."""
    await authenticator_of(request).limits.take_for(request, "request", caller.user_id)
    async with request.app.state.core.database.read(caller.user_id) as store:
        timezone = await store.timezone()
    return Me(id=caller.user_id, email=caller.email, deletion_at=caller.deletion_at, timezone=timezone)


async def _refresh_of(request: Request, token: str) -> Refresh:
    authenticator = authenticator_of(request)
    try:
        return authenticator.own.tokens.read_refresh(token)
    except NotSignedIn:
        await authenticator.limits.require("refused", address_of(request))
        raise
