"""The authors."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, HTTPException, status

from bookshop.dependencies import PathId, SessionDependency, require_staff
from bookshop.errors import problem_responses
from bookshop.models import Author
from bookshop.repositories import authors
from bookshop.schemas.catalogue import AuthorCreate, AuthorDetail, AuthorRead, AuthorUpdate
from bookshop.services import catalogue

router = APIRouter(prefix="/authors", tags=["authors"])


@router.get("", response_model=list[AuthorRead])
async def list_authors(session: SessionDependency, limit: int = 50, offset: int = 0) -> Sequence[Author]:
    """List the authors by name."""
    return await authors.list_all(session, limit=limit, offset=offset)


@router.get("/{author_id}", response_model=AuthorDetail, responses=problem_responses(404))
async def read_author(author_id: PathId, session: SessionDependency) -> Author:
    """Show an author with their books."""
    author = await authors.get_with_books(session, author_id)
    if author is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="There is no such author")
    return author


@router.post(
    "",
    response_model=AuthorDetail,
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(require_staff)],
    responses=problem_responses(401, 403),
)
async def create_author(request: AuthorCreate, session: SessionDependency) -> Author:
    """Add an author."""
    return await catalogue.create_author(session, request)


@router.patch(
    "/{author_id}",
    response_model=AuthorDetail,
    dependencies=[Depends(require_staff)],
    responses=problem_responses(401, 403, 404),
)
async def update_author(author_id: PathId, changes: AuthorUpdate, session: SessionDependency) -> Author:
    """Change an author."""
    author = await authors.get(session, author_id)
    if author is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="There is no such author")
    return await catalogue.update_author(session, author, changes)
