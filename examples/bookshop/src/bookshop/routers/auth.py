"""Opening accounts and signing in."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, status
from fastapi.security import OAuth2PasswordRequestForm

from bookshop import security
from bookshop.dependencies import SessionDependency, SettingsDependency, Throttle
from bookshop.errors import problem_responses
from bookshop.models import Customer
from bookshop.schemas.customers import CustomerCreate, CustomerRead, TokenRead
from bookshop.services import accounts, mail

router = APIRouter(prefix="/auth", tags=["auth"], responses=problem_responses(429))

throttle_registration = Throttle("register", attempts=10, window=timedelta(hours=1))
throttle_login = Throttle("login", attempts=10, window=timedelta(minutes=15))


@router.post(
    "/register",
    response_model=CustomerRead,
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(throttle_registration)],
)
async def register(request: CustomerCreate, session: SessionDependency, background: BackgroundTasks) -> Customer:
    """Open an account."""
    customer = await accounts.register(session, request)
    if customer is None:
        raise HTTPException(status.HTTP_409_CONFLICT, detail="There is already an account with this address")
    background.add_task(mail.send_welcome, customer.email, customer.full_name)
    return customer


@router.post("/login", dependencies=[Depends(throttle_login)], responses=problem_responses(401))
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    session: SessionDependency,
    settings: SettingsDependency,
) -> TokenRead:
    """Sign in with address and password."""
    account = await accounts.authenticate(session, form.username, form.password)
    if account is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            detail="The address or the password is wrong",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return TokenRead(access_token=security.issue_token(account.id, settings))
