from enum import Enum
from typing import Annotated

from fastapi import Cookie, Depends, FastAPI, Header, Query
from fastapi._compat import get_definitions, get_flat_models_from_fields, get_model_name_map
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_dependant, get_flat_params
from fastapi.openapi.utils import _get_openapi_dependency_data, _get_openapi_operation_parameters


class Color(str, Enum):
    red = "red"
    blue = "blue"


def inner(color: Color = Color.red, token: Annotated[str | None, Header()] = None): ...


class Page:
    def __init__(self, size: Annotated[int, Query(gt=0, description="how many", examples=[10])] = 10):
        self.size = size


def page(first: int, page=Depends(Page), again=Depends(inner), hidden: str = Query("", include_in_schema=False)): ...


def session(session: str = Cookie()): ...


def taken_from(callables, as_query):
    fields = []
    seen = set()
    for callable in callables:
        for field in get_flat_params(get_dependant(path="", call=callable)):
            if field.name not in seen:
                seen.add(field.name)
                fields.append(field)
    if not fields:
        return []
    model_name_map = get_model_name_map(get_flat_models_from_fields(fields, known_models=set()))
    field_mapping, _ = get_definitions(fields=fields, model_name_map=model_name_map)
    if as_query:
        combined = Dependant(path="")
        combined.query_params = fields
    else:
        combined = get_dependant(path="", call=callables[0])
        field_mapping, _ = get_definitions(fields=get_flat_params(combined), model_name_map=model_name_map)
    return _get_openapi_operation_parameters(
        dependency_data=_get_openapi_dependency_data(combined),
        model_name_map=model_name_map,
        field_mapping=field_mapping,
    )


app = FastAPI()


@app.get("/all", openapi_extra={"parameters": taken_from([page, session, inner], True)})
def all_of_them(own: Color): ...


@app.get("/one", openapi_extra={"x-parameters": taken_from([page], False), "x-none": taken_from([], True)})
def one(): ...
