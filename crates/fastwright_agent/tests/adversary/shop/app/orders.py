"""Orders of the customer who is signed in."""

from typing import Annotated, Optional

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from app.auth import current_user
from app.pricing import total
from app.store import Order, User, add_order, find_order, store

router = APIRouter(prefix="/orders", tags=["orders"])

CurrentUser = Annotated[User, Depends(current_user)]


class OrderCreate(BaseModel):
    quantity: int = Field(ge=1, le=100)
    price: int = Field(ge=1)


class OrderRead(BaseModel):
    id: int
    quantity: int
    total: int
    paid: bool


def as_read(order: Order) -> OrderRead:
    return OrderRead(id=order.id, quantity=order.quantity, total=total(order.quantity, order.price), paid=order.paid)


def own_order(order_id: int, user: User) -> Order:
    order = find_order(order_id)
    if order is None or order.owner_id != user.id:
        raise HTTPException(status_code=404, detail="no such order")
    return order


@router.get("")
def list_orders(user: CurrentUser, paid: Optional[bool] = None, limit: Annotated[int, Query(le=100)] = 20) -> list[OrderRead]:
    found = [order for order in store.orders.values() if order.owner_id == user.id]
    if paid is not None:
        found = [order for order in found if order.paid == paid]
    return [as_read(order) for order in found[:limit]]


@router.get("/{order_id}")
def read_order(order_id: int, user: CurrentUser) -> OrderRead:
    return as_read(own_order(order_id, user))


@router.post("", status_code=201)
def create_order(request: OrderCreate, user: CurrentUser) -> OrderRead:
    order = add_order(user.id, request.quantity, request.price)
    return as_read(order)


@router.post("/{order_id}/payment")
def pay_order(order_id: int, user: CurrentUser) -> OrderRead:
    order = own_order(order_id, user)
    if order.paid:
        raise HTTPException(status_code=409, detail="paid already")
    order.paid = True
    return as_read(order)
