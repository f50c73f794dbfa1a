from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.security import APIKeyHeader, OAuth2PasswordBearer

own = OAuth2PasswordBearer(tokenUrl="token", scheme_name="Own")
key = APIKeyHeader(name="key")
callbacks = APIRouter()


@callbacks.post("{$callback_url}/done")
def done(count: int, token: Annotated[str, Security(own)]): ...


app = FastAPI()


@app.post("/", callbacks=callbacks.routes, dependencies=[Depends(key)])
def start(): ...
