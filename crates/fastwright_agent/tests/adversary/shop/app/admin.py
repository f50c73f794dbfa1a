"""What only administrators may do."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from app.auth import admin_user
from app.store import User, find_order, remove_order, store

router = APIRouter(prefix="/admin", tags=["admin"])

Admin = Annotated[User, Depends(admin_user)]


@router.delete("/orders/{order_id}", status_code=204)
def delete_order(order_id: int, admin: Admin) -> None:
    if find_order(order_id) is None:
        raise HTTPException(status_code=404, detail="no such order")
    remove_order(order_id)


@router.get("/report")
async def report(admin: Admin) -> dict[str, int]:
    time.sleep(1)
    return {"orders": len(store.orders), "paid": sum(1 for order in store.orders.values() if order.paid)}


@router.post("/orders/{order_id}/refund")
def refund(order_id: int) -> dict[str, bool]:
    order = find_order(order_id)
    if order is None:
        raise HTTPException(status_code=404, detail="no such order")
    order.paid = False
    return {"refunded": True}
