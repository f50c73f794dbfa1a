"""Talking to the payment provider."""

import logging

import httpx

from bookshop.errors import PaymentDeclined, PaymentUnavailable
from bookshop.settings import Settings

logger = logging.getLogger(__name__)


def build_http_client(settings: Settings) -> httpx.AsyncClient:
    """The connections to the payment provider; made once, closed when the service stops."""
    key = settings.payment_api_key
    return httpx.AsyncClient(
        base_url=settings.payment_url,
        timeout=settings.payment_timeout_seconds,
        headers={"Authorization": f"Bearer {key.get_secret_value()}"} if key else {},
    )


class PaymentClient:
    """Charges cards."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def charge(self, order_id: int, amount_cents: int, card_token: str) -> str:
        """Charge a card once, however often it is asked; the reference of the payment."""
        try:
            response = await self.http.post(
                "/charges",
                json={"amount": amount_cents, "currency": "EUR", "source": card_token},
                headers={"Idempotency-Key": f"order-{order_id}"},
            )
            if response.status_code == httpx.codes.PAYMENT_REQUIRED:
                raise PaymentDeclined("Your bank declined the payment")
            response.raise_for_status()
            return str(response.json()["reference"])
        except (httpx.HTTPError, KeyError, ValueError) as error:
            logger.exception("charging order %d failed", order_id)
            raise PaymentUnavailable("The payment provider did not answer, please wait a moment") from error
