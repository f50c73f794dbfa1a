"""Writing to customers."""

import logging
import smtplib
import ssl
from email.message import EmailMessage

from bookshop.settings import get_settings

logger = logging.getLogger(__name__)


def deliver(recipient: str, subject: str, body: str) -> None:
    """Hand one message to the mail server; without one (at home, in tests) only say so."""
    settings = get_settings()
    if settings.smtp_host is None:
        logger.info("no mail server, not sent: %s", subject)
        return
    message = EmailMessage()
    message["From"] = settings.mail_sender
    message["To"] = recipient
    message["Subject"] = subject
    message.set_content(body)
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=settings.smtp_timeout_seconds) as server:
        server.starttls(context=ssl.create_default_context())
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)


def send_welcome(recipient: str, name: str) -> None:
    """Greet a new customer."""
    deliver(recipient, "Welcome to the bookshop", f"Dear {name},\n\nyour account is ready.\n")


def send_shipping_notice(recipient: str, name: str, order_id: int) -> None:
    """Tell a customer that the parcel left."""
    deliver(recipient, f"Order {order_id} is on its way", f"Dear {name},\n\nyour books left our shelves today.\n")
