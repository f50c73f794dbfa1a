"""Accounts over the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, EmailStr, Field, SecretStr

from bookshop.models import Role
from bookshop.schemas.base import FullName, NotNull, Phone, Schema


class TokenRead(BaseModel):
    """What a successful login answers."""

    access_token: str
    token_type: str = "bearer"


class CustomerCreate(BaseModel):
    """Somebody opens an account."""

    email: EmailStr = Field(max_length=254)
    full_name: FullName
    phone: Phone | None = None
    password: SecretStr = Field(min_length=10, max_length=128)


class CustomerUpdate(BaseModel):
    """What can be changed of an account; what is left out stays."""

    full_name: Annotated[FullName | None, NotNull] = None
    phone: Phone | None = None
    role: Annotated[Role | None, NotNull] = None
    is_active: Annotated[bool | None, NotNull] = None


class CustomerProfile(Schema):
    """What everybody may know of a customer."""

    id: int
    full_name: str


class CustomerRead(CustomerProfile):
    """An account as its owner and the staff see it."""

    email: EmailStr
    phone: str | None
    role: Role
    is_active: bool
    created_at: datetime


class CustomerRecord(CustomerProfile):
    """A detached copy of an account, safe to hand to a worker thread."""

    email: str
    role: Role
    is_active: bool
    password_hash: str
