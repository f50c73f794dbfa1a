"""Following an order while it happens."""

import asyncio

from fastapi import APIRouter, WebSocket, WebSocketDisconnect, WebSocketException, status

from bookshop.dependencies import PathId, SocketCustomer
from bookshop.services import tracking

router = APIRouter(prefix="/orders", tags=["orders"])


async def send_statuses(websocket: WebSocket, order_id: int) -> None:
    """Send each status of an order, then close."""
    try:
        async for current in tracking.follow(order_id):
            await websocket.send_json({"order_id": order_id, "status": current})
        await websocket.close()
    except WebSocketDisconnect:
        return


@router.websocket("/{order_id}/tracking")
async def track_order(websocket: WebSocket, order_id: PathId, customer: SocketCustomer) -> None:
    """Send each status of one of my orders, until its last."""
    if await tracking.owner_of(order_id) != customer.id:
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION, reason="There is no such order")
    await websocket.accept()
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(send_statuses(websocket, order_id))
        # Ends when either side closes, so that nobody looks after an order for a customer who left.
        async for _ in websocket.iter_text():
            pass
        sending.cancel()
