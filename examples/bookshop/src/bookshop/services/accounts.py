"""Opening accounts, signing in, changing accounts."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop import security
from bookshop.models import Customer
from bookshop.repositories import customers
from bookshop.schemas.customers import CustomerCreate, CustomerRecord, CustomerUpdate


async def register(session: AsyncSession, request: CustomerCreate) -> Customer | None:
    """Open an account, unless the address already has one."""
    customer = Customer(
        email=request.email.lower(),
        full_name=request.full_name,
        phone=request.phone,
        password_hash=await security.hash_password(request.password.get_secret_value()),
    )
    session.add(customer)
    try:
        await session.commit()
    except IntegrityError:
        await session.rollback()
        return None
    return customer


async def authenticate(session: AsyncSession, email: str, password: str) -> CustomerRecord | None:
    """The account with this address, if the password is right and it may be used."""
    customer = await customers.get_by_email(session, email)
    if customer is None:
        await security.password_matches(password, security.DUMMY_HASH)
        return None
    record = CustomerRecord.model_validate(customer)
    if not await security.password_matches(password, record.password_hash):
        return None
    return record if record.is_active else None


async def update_customer(session: AsyncSession, customer: Customer, changes: CustomerUpdate) -> Customer:
    """Change what was sent, leave the rest."""
    for name, value in changes.model_dump(exclude_unset=True).items():
        setattr(customer, name, value)
    await session.commit()
    return customer
