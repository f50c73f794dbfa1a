"""Settings, read once from the environment (prefix ``BOOKSHOP_``) or a ``.env`` file."""

from functools import lru_cache

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between one deployment and the next."""

    model_config = SettingsConfigDict(env_prefix="BOOKSHOP_", env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///./bookshop.db"
    cors_origins: list[str] = ["http://localhost:5173"]

    token_key: SecretStr = SecretStr("pages-ink-and-paper-since-1987-do-not-share")
    token_issuer: str = "bookshop"
    token_minutes: int = Field(default=30, ge=1, le=24 * 60)

    payment_url: str = "https://payments.example.com/v1"
    payment_api_key: SecretStr | None = None
    payment_webhook_key: SecretStr | None = None
    payment_timeout_seconds: float = Field(default=10.0, gt=0)

    mail_sender: str = "shop@bookshop.example"
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_timeout_seconds: float = Field(default=15.0, gt=0)


@lru_cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
