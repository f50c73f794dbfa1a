from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel

app = FastAPI()
router = APIRouter()


class Basket(BaseModel):
    pass


@router.post("/baskets")
def add(basket: Annotated[Basket, Form()], login: Annotated[OAuth2PasswordRequestForm, Depends()]): ...


app.include_router(router)
app.include_router(router)
