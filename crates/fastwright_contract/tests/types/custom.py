import datetime
import enum
from typing import Annotated, Any, Generic, List, Optional, TypeVar, Union

from pydantic import (
    BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, GetPydanticSchema,
    PlainSerializer, PlainValidator, SecretStr, AnyUrl, UrlConstraints, WithJsonSchema, create_model, field_validator,
    InstanceOf, validator, root_validator, AnyHttpUrl, SerializeAsAny, field_serializer, Secret,
)
from pydantic_core import CoreSchema, core_schema


class Phone(str):
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.check, core_schema.str_schema(max_length=20))

    @classmethod
    def check(cls, value):
        return value


class Money:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_plain_validator_function(
            cls, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        return {"type": "string", "format": "money"}


class ViaHandler(str):
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_after_validator_function(cls, handler(str))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        json_schema = handler(schema)
        json_schema.update(type="string", format="via")
        return json_schema


class ObjectId:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.json_or_python_schema(
            json_schema=core_schema.str_schema(min_length=24, max_length=24),
            python_schema=core_schema.union_schema(
                [core_schema.is_instance_schema(cls), core_schema.str_schema()]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: str(value)),
        )


class Annotation:
    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_before_validator_function(int, core_schema.int_schema(ge=3))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        return handler(core_schema.int_schema())


class Marker:
    def __init__(self, format):
        self.format = format

    def __get_pydantic_json_schema__(self, schema, handler):
        made = handler(schema)
        made["format"] = self.format
        return made


class WithGenerator(BaseModel):
    a: int

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        made = handler(schema)
        made = handler.resolve_ref_schema(made)
        made["x-extra"] = True
        return made


class Arbitrary:
    pass


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    phone: Phone
    money: Money
    via: ViaHandler = "x"
    id: ObjectId = Field(description="Identity")
    annotated: Annotated[int, Annotation]
    marked: Annotated[str, Marker("marked")]
    marked_optional: Optional[Annotated[str, Marker("maybe")]] = None
    arbitrary: Annotated[Arbitrary, WithJsonSchema({"type": "object"})]
    plain: Annotated[Arbitrary, PlainValidator(lambda value: value), WithJsonSchema({"type": "string"}, mode="validation"), WithJsonSchema({"type": "integer"}, mode="serialization")]
    phones: List[Phone]


class NotJson(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    arbitrary: Arbitrary


class Site(AnyUrl):
    _constraints = UrlConstraints(max_length=30, allowed_schemes=["https"])


class Token(SecretStr):
    pass


class Pin(Secret[int]):
    pass


fields = {}
for name in ["one", "two"]:
    fields[name] = (int, Field(ge=0, description=name))

Created = create_model("Created", **fields)
CreatedChild = create_model("CreatedChild", __base__=Created, three=(str, ...), four=(Optional[str], None))
CreatedConfig = create_model("CreatedConfig", __config__=ConfigDict(extra="forbid"), __doc__="Made.", a=(int, 1), b=str)


class Full(BaseModel):
    a: int
    b: str = "x"


PartialModel = create_model(
    "PartialModel", **{name: (Optional[field.annotation], None) for name, field in Full.model_fields.items()}
)


class OldValidators(BaseModel):
    a: int
    b: list[int] = []

    @validator("a", pre=True)
    def check(cls, value):
        return value

    @validator("b", each_item=True)
    def check_b(cls, value):
        return value

    @root_validator(pre=True)
    def check_all(cls, values):
        return values


def strip(value: Any) -> Any:
    return value


class Shared(BaseModel):
    a: str
    b: str

    _strip = field_validator("a", mode="before", json_schema_input_type=int)(strip)


class SharedToo(BaseModel):
    a: str
    b: str

    _strip = field_validator("b", mode="plain")(strip)


class Extras(BaseModel):
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.update({"x-all": 1}))
    a: int = Field(json_schema_extra={"x": {"deep": [1, 2]}})


def extra(schema: dict, model: type) -> None:
    schema["x-name"] = model.__name__
    schema["properties"].pop("hidden", None)


class ExtrasFunction(BaseModel):
    model_config = ConfigDict(json_schema_extra=extra)
    a: int
    hidden: int = 1


class ExtrasStatic(BaseModel):
    class Config:
        @staticmethod
        def json_schema_extra(schema, model):
            schema["x-static"] = True

    a: int


class SerializerBase(BaseModel):
    when: datetime.datetime

    @field_serializer("when")
    def write(self, value) -> str:
        return ""


class SerializerChild(SerializerBase):
    def write(self, value) -> int:
        return 1


class SerializerStar(BaseModel):
    a: int
    b: str

    @field_serializer("*")
    def write(self, value) -> str:
        return ""


TYPES = {
    "Phone": Phone, "Money": Money, "ViaHandler": ViaHandler, "ObjectId": ObjectId, "Holder": Holder,
    "NotJson": NotJson, "WithGenerator": WithGenerator, "generators": list[WithGenerator], "Site": Site,
    "Token": Token, "Pin": Pin, "Created": Created, "CreatedChild": CreatedChild, "CreatedConfig": CreatedConfig,
    "PartialModel": PartialModel, "OldValidators": OldValidators, "Shared": Shared, "SharedToo": SharedToo,
    "Extras": Extras, "ExtrasFunction": ExtrasFunction, "ExtrasStatic": ExtrasStatic,
    "SerializerBase": SerializerBase, "SerializerChild": SerializerChild, "SerializerStar": SerializerStar,
    "get_schema": Annotated[Arbitrary, GetPydanticSchema(lambda source, handler: core_schema.str_schema())],
    "get_json": Annotated[int, GetPydanticSchema(get_pydantic_json_schema=lambda schema, handler: {"type": "x"})],
    "instance": InstanceOf[Arbitrary],
}


class Ranged(BaseModel):
    low: int

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        model = handler(source)
        return core_schema.no_info_before_validator_function(
            lambda value: value, model, json_schema_input_schema=core_schema.union_schema([model, core_schema.int_schema()])
        )


class UsesRanged(BaseModel):
    one: Ranged
    two: Ranged
    three: Optional[Ranged] = None
    many: list[Ranged]


TYPES["Ranged"] = Ranged
TYPES["UsesRanged"] = UsesRanged
