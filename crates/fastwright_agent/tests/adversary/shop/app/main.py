"""The application."""

from fastapi import FastAPI

from app import admin, orders

app = FastAPI(title="Shop")
app.include_router(orders.router)
app.include_router(admin.router)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
