"""What other services tell us."""

from fastapi import APIRouter, Depends, status

from bookshop.dependencies import SessionDependency, verify_payment_signature
from bookshop.errors import problem_responses
from bookshop.schemas.orders import PaymentEvent
from bookshop.services import ordering

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post(
    "/payments",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[Depends(verify_payment_signature)],
    responses=problem_responses(401, 404),
)
async def receive_payment_event(event: PaymentEvent, session: SessionDependency) -> None:
    """Learn from the payment provider how a payment ended."""
    await ordering.settle_payment(session, event)
