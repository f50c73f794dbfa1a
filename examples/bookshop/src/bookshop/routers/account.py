"""The account of whoever is signed in."""

from fastapi import APIRouter

from bookshop.dependencies import CurrentCustomer, SessionDependency
from bookshop.errors import problem_responses
from bookshop.models import Customer
from bookshop.schemas.customers import CustomerRead, CustomerUpdate
from bookshop.services import accounts

router = APIRouter(prefix="/account", tags=["account"], responses=problem_responses(401))


@router.get("", response_model=CustomerRead)
async def read_account(customer: CurrentCustomer) -> Customer:
    """Show my account."""
    return customer


@router.patch("", response_model=CustomerRead)
async def update_account(changes: CustomerUpdate, customer: CurrentCustomer, session: SessionDependency) -> Customer:
    """Change my account."""
    return await accounts.update_customer(session, customer, changes)
