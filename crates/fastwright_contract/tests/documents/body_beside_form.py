from typing import Annotated

from fastapi import Body, Depends, FastAPI, Form
from pydantic import BaseModel


class Event(BaseModel):
    label: str


class Team(BaseModel):
    name: str


def session(event: Annotated[Event, Form()]): ...


app = FastAPI()


@app.post("/", dependencies=[Depends(session)])
def start(x_id: Team): ...


@app.post("/named", dependencies=[Depends(session)])
def named(x_id: Annotated[Team, Body(title="Own")]): ...
