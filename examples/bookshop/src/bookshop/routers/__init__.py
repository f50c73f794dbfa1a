"""The routes, all below one prefix."""

from fastapi import APIRouter

from bookshop.routers import account, admin, auth, authors, bestsellers, books, orders, reviews, tracking, webhooks

api = APIRouter(prefix="/api/v1")
api.include_router(auth.router)
api.include_router(account.router)
api.include_router(books.router)
api.include_router(bestsellers.router)
api.include_router(authors.router)
api.include_router(reviews.router)
api.include_router(orders.router)
api.include_router(tracking.router)
api.include_router(admin.router)
api.include_router(webhooks.router)
