"""The grammar's types and models: what fields, bodies and responses of generated applications are made of."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from generated_application import Item, Piece

FIELDS = (
    "name price count owner tags size note created_at isActive kind value level items ratio code x_id URL camelCase "
    "first_name total2 data_ label score region version_no"
).split()
TITLES = ["A title", "naïve Ünïcode", "with \\\"quotes\\\"", "Tree size", "ID"]
DESCRIPTIONS = ["What it is.", "Two lines:\\n\\n* one\\n* two", "  padded  ", "A <b>tag</b> & more", "日本"]
CLASSES = "Item User Order Invoice Node Event Report Place Team Device Offer Shape".split()


@dataclass(frozen=True)
class Type:
    """A type that generated code may write, and what can be done with it."""

    text: str
    constraint: str = ""  # number, real, time, text, many or pairs: which constraints fit
    values: tuple[str, ...] = ()  # Python literals that are valid values; empty: it gets no default
    scalar: bool = False  # fits a query parameter, a header or a path
    hashable: bool = False

    def wrapped(self, form: str, **changes) -> Type:
        return replace(self, text=form.format(self.text), **changes)


def plain(text: str, constraint: str, *values: str) -> Type:
    return Type(text, constraint, values, scalar=True, hashable=True)


COMMON = [
    plain("int", "number", "0", "3", "-7"), plain("float", "real", "1.0", "2.5", "1e20", "0.1"), plain("str", "text", "''", "'abc'", "'é'"),
    plain("bool", "", "True", "False"),
]
SCALARS = [
    plain("Decimal", "real", "Decimal('1.50')"), plain("datetime", "time", "datetime(2024, 1, 2, 3, 4, 5)", "datetime(2024, 1, 2, tzinfo=timezone.utc)"),
    plain("date", "", "date(2024, 2, 29)"), plain("time", "", "time(12, 30)"), plain("timedelta", "", "timedelta(hours=36)", "timedelta(seconds=1.5)"),
    plain("UUID", "", "UUID(int=1)"), plain("bytes", "text", "b'abc'"), plain("EmailStr", "", "'a@example.com'"), plain("HttpUrl", "", "'https://example.com'"),
    plain("AnyUrl", ""), plain("SecretStr", ""), plain("PositiveInt", "", "1"), plain("NonNegativeFloat", "", "0.5"), plain("StrictInt", "", "4"),
    plain("StrictStr", ""), plain("StrictBool", ""), plain("conint(gt=1, multiple_of=2)", ""), plain("constr(min_length=2, pattern=r'^[a-z]+$')", ""),
    plain("UUID4", ""), plain("PastDate", ""), plain("AwareDatetime", ""), plain("FutureDatetime", ""), plain("NaiveDatetime", ""), plain("FiniteFloat", "real", "0.5"),
    plain("IPv4Address", "", "IPv4Address('127.0.0.1')"), plain("IPv6Network", ""), plain("FilePath_", "", "FilePath_('/tmp')"), plain("ByteSize", ""),
    plain("Base64Bytes", ""), plain("Literal['a', 'b']", "", "'a'"), plain("Literal[1, 'x', True, None]", "", "1", "None"), plain("Literal['only']", "", "'only'"),
    plain("Annotated[str, StringConstraints(min_length=1, to_upper=True)]", ""),
]
LOOSE = [Type("Any", values=("None", "{'a': 1}")), Type("dict", values=("{}",)), Type("list", values=("[]",)), Type("JsonValue"), Type("Json[int]"),
         Type("object"), Type("None", values=("None",)), Type("Json"), Type("tuple"), Type("set")]


class Types:
    """Makes types and the classes that they need; classes are appended to ``items``."""

    def __init__(self, chance: random.Random, items: list[Item]) -> None:
        self.chance = chance
        self.items = items
        self.models: list[str] = []  # keys of BaseModel classes that can be used anywhere
        self.flat: list[str] = []  # keys of those that have only scalar fields, for parameter models
        self.others: list[Type] = []  # enums, dataclasses, aliases ...
        self.generics: list[str] = []
        self.used: dict[str, set[str]] = {}
        self.module = "main"

    def likely(self, share: float) -> bool:
        return self.chance.random() < share

    def new_name(self, base: str) -> str:
        """A name that this module does not have; another module may have it."""
        names = self.used.setdefault(self.module, set())
        name, number = base, 2
        while name in names:
            name, number = f"{base}{number}", number + 1
        names.add(name)
        return name

    def add(self, name: str, pieces: list[Piece], empty: str = "", fixed: bool = False) -> str:
        key = f"{name}@{self.module}"
        self.items.append(Item(key, self.module, tuple(pieces), name, empty, fixed))
        return key

    # Types

    def scalar(self) -> Type:
        named = [item for item in self.others if item.scalar]
        if named and self.likely(0.15):
            return self.chance.choice(named)
        return self.chance.choice(COMMON if self.likely(0.6) else SCALARS)

    def type(self, depth: int = 2) -> Type:
        """Any type, nested at most so deep."""
        chance = self.chance
        roll = chance.random()
        if depth <= 0 or roll < 0.42:
            return self.scalar()
        if roll < 0.56 and self.models:
            return Type(f"⟦{chance.choice(self.models)}⟧")
        if roll < 0.62 and self.others:
            return chance.choice(self.others)
        if roll < 0.65:
            return chance.choice(LOOSE)
        if roll < 0.68 and self.generics:
            return self.type(depth - 1).wrapped(f"⟦{chance.choice(self.generics)}⟧[{{}}]", values=(), constraint="", scalar=False, hashable=False)
        inner = self.type(depth - 1)
        if roll < 0.80:
            if inner.text == "None":
                return inner
            form = chance.choice(["{} | None", "Optional[{}]", "Union[{}, None]"])
            return inner.wrapped(form, values=("None", *inner.values), hashable=False)
        if roll < 0.90:
            return self.collection(inner)
        if roll < 0.94:
            value = inner.values[0] if inner.values else None
            key = chance.choice(["str", "str", "int", "UUID", "Literal['a', 'b']", "Annotated[str, Field(pattern='^x')]", "constr(max_length=3)"])
            form = chance.choice(["dict", "dict", "Mapping", "defaultdict"]) if key == "str" else "dict"
            return Type(f"{form}[{key}, {inner.text}]", "pairs", ("{}", *(["{'a': %s}" % value] if value and key == "str" else [])))
        other = self.type(depth - 1)
        if inner.text == other.text:
            return inner
        form = f"Union[{inner.text}, {other.text}]" if self.likely(0.5) else f"{inner.text} | {other.text}"
        return Type(form, "", inner.values + other.values)

    def collection(self, inner: Type) -> Type:
        chance = self.chance
        forms = ["list", "list", "list", "tuple", "pair", "Sequence", "deque", "Iterable"] + (["set", "frozenset"] if inner.hashable else [])
        form = chance.choice(forms)
        one = inner.values[:1]
        if form == "tuple":
            return Type(f"tuple[{inner.text}, ...]", "many", ("()", *(f"({value},)" for value in one)))
        if form == "pair":
            return Type(f"tuple[{inner.text}, int]", "", tuple(f"({value}, 1)" for value in one))
        if form in ("set", "frozenset"):
            return Type(f"{form}[{inner.text}]", "many", (f"{form}()", *(f"{form}([{value}])" for value in one)))
        if form in ("deque", "Iterable"):
            return Type(f"{form}[{inner.text}]", "", ())
        return Type(f"{form}[{inner.text}]", "many", ("[]", *(f"[{value}, {value}]" for value in one)))

    # Arguments of Field, Query and the like

    def constraints(self, kind: str) -> list[str]:
        chance = self.chance
        pools = {
            "number": [["gt=0"], ["ge=1", "le=10"], ["lt=100"], ["multiple_of=2"], ["le=5", "gt=-3"]],
            "real": [["gt=0"], ["ge=1.5", "le=10"], ["lt=100.0"], ["multiple_of=0.5"], ["gt=0.001"]],
            "time": [["gt=datetime(2020, 1, 1)"]],
            "text": [["min_length=1"], ["max_length=20"], ["min_length=2", "max_length=5"]],
            "many": [["min_length=1"], ["max_length=3"], ["min_length=0", "max_length=9"]],
            "pairs": [["min_length=1"], ["max_length=4"]],
        }
        return chance.choice(pools[kind]) if kind in pools else []

    def metadata(self, kind: Type, parameter: bool = False) -> list[str]:
        """Keyword arguments that describe or constrain a field or a parameter."""
        chance = self.chance
        found = []
        if self.likely(0.35):
            found += self.constraints(kind.constraint)
        if kind.text == "str" and self.likely(0.1):
            found.append(r"pattern=r'^\w+$'")
        if self.likely(0.2):
            found.append(f'title="{chance.choice(TITLES)}"')
        if self.likely(0.25):
            found.append(f'description="{chance.choice(DESCRIPTIONS)}"')
        if self.likely(0.1):
            found.append(f"examples=[{kind.values[0] if kind.values and kind.values[0].strip('-').replace('.', '').isalnum() else repr('e')}]")
        if self.likely(0.06):
            found.append(chance.choice(["deprecated=True", "deprecated=False", "deprecated='use another'"][: 2 if parameter else 3]))
        if self.likely(0.06):
            found.append(chance.choice(["json_schema_extra={'x-a': 1}", "json_schema_extra={'example': 'e', 'x-b': [None, 1.0]}"]))
        return found

    # Classes

    def field(self, name: str, scalars: bool = False, style: str = "model") -> str:
        """One field's line."""
        chance = self.chance
        kind = self.scalar() if scalars else self.type(2)
        if scalars and self.likely(0.3):
            kind = chance.choice([kind.wrapped("{} | None", values=("None", *kind.values)), kind.wrapped("list[{}]", values=("[]",), constraint="many")])
        arguments = self.metadata(kind) if self.likely(0.5) else []
        if style == "model" and self.likely(0.12):
            arguments.append(chance.choice([f"alias='{name}Alias'", f"validation_alias='{name}In'", f"serialization_alias='{name}Out'",
                                            f"validation_alias=AliasChoices('{name}A', '{name}B')"]))
        if style == "model" and self.likely(0.04):
            arguments.append(chance.choice(["exclude=True", "frozen=True", "repr=False", "init=True", "strict=True", "union_mode='left_to_right'"][:4]))
        default = chance.choice(kind.values) if kind.values and self.likely(0.45) else None
        text = kind.text
        if self.likely(0.06) and style == "model":
            text = self.decorated(kind)
        if default is None:
            if not arguments:
                return f"    {name}: {text}\n"
            if self.likely(0.5):
                return f"    {name}: Annotated[{text}, Field({', '.join(arguments)})]\n"
            first = ["..."] if self.likely(0.4) else []
            return f"    {name}: {text} = Field({', '.join(first + arguments)})\n"
        mutable = default[0] in "[{" or "(" in default
        if style == "dataclass":
            return f"    {name}: {text} = field(default_factory=lambda: {default})\n" if mutable else f"    {name}: {text} = {default}\n"
        if mutable and self.likely(0.3):
            arguments.insert(0, f"default_factory=lambda: {default}")
        elif not arguments:
            return f"    {name}: {text} = {default}\n"
        elif self.likely(0.4):
            return f"    {name}: Annotated[{text}, Field({', '.join(arguments)})] = {default}\n"
        else:
            arguments.insert(0, self.chance.choice(["", "default="]) + default)
        return f"    {name}: {text} = Field({', '.join(arguments)})\n"

    def decorated(self, kind: Type) -> str:
        form = self.chance.choice([
            "Annotated[{}, AfterValidator(lambda v: v)]", "Annotated[{}, BeforeValidator(lambda v: v)]", "Annotated[{}, PlainSerializer(lambda v: str(v), return_type=str)]",
            "Annotated[{}, WithJsonSchema({{'type': 'string', 'format': 'own'}})]", "Annotated[{}, PlainSerializer(lambda v: v, return_type=int, when_used='json')]",
            "Annotated[{}, PlainValidator(lambda v: v)]", "Annotated[{}, WrapValidator(lambda v, handler: handler(v))]", "SkipJsonSchema[{}]",
            "Annotated[{}, PlainValidator(lambda v: v, json_schema_input_type=str)]", "Annotated[{}, BeforeValidator(lambda v: v, json_schema_input_type=int | str)]",
            "Annotated[{}, WrapSerializer(lambda v, handler: handler(v), return_type=list[int])]",
            "Annotated[{}, WithJsonSchema({{'type': 'number'}}, mode='serialization')]",
        ])
        return form.format(kind.text)

    def fields(self, least: int, most: int, scalars: bool = False, style: str = "model") -> list[Piece]:
        names = self.chance.sample(FIELDS, self.chance.randint(least, most))
        pieces = [Piece(self.field(name, scalars, style), True) for name in names]
        if style in ("dataclass", "tuple"):
            # Those without a default have to stand first.
            pieces.sort(key=lambda piece: " = " in piece.text.partition(":")[2])
        return pieces

    def config(self) -> str:
        options = self.chance.sample([
            "title='Own title'", "extra='forbid'", "extra='allow'", "extra='ignore'", "str_strip_whitespace=True", "frozen=True", "from_attributes=True",
            "populate_by_name=True", "alias_generator=to_camel", "use_enum_values=True", "json_schema_extra={'examples': [{'a': 1}]}",
            "json_schema_extra={'description': 'replaced', 'x-own': None}", "use_attribute_docstrings=True", "ser_json_timedelta='float'",
            "json_schema_serialization_defaults_required=True", "str_max_length=10", "validate_by_name=True", "serialize_by_alias=True",
            "json_schema_mode_override='validation'", "val_json_bytes='base64'", "coerce_numbers_to_str=True", "protected_namespaces=()",
            "arbitrary_types_allowed=True", "strict=True", "use_enum_values=False",
        ], 1 + self.likely(0.3))
        return ", ".join(dict((option.partition("=")[0], option) for option in options).values())

    def model(self, scalars: bool = False) -> str:
        chance = self.chance
        name = self.new_name(chance.choice(CLASSES))
        own = f"{name}@{self.module}"
        parents = [key for key in (self.flat if scalars else self.models) if self.likely(0.15)][:1]
        pieces = [Piece(f"class {name}({f'⟦{parents[0]}⟧' if parents else 'BaseModel'}):\n")]
        if self.likely(0.3):
            pieces.append(Piece(chance.choice(['    """About it."""\n', '    """  Padded first line.  """\n', "    'One line with \\\\ and \\\" in it.'\n",
                                               '    """Summary.\n\n    - indented\n      more\n\n    Last.\n    """\n', '    """Seen.\\fNot seen."""\n']), True))
        if self.likely(0.2):
            pieces.append(Piece(f"    model_config = ConfigDict({self.config()})\n", True))
        fields = self.fields(1, 5, scalars)
        pieces += fields
        if not scalars and self.likely(0.1):
            form = chance.choice(['Optional["⟦{0}⟧"] = None', 'list["⟦{0}⟧"] = []', 'dict[str, "⟦{0}⟧"] = {{}}', '"⟦{0}⟧ | None" = None', 'list["⟦{0}⟧"]'])
            pieces.append(Piece(f"    children: {form.format(own)}\n", True))
        if self.likely(0.06):
            pieces.append(Piece('    documented: int = 1\n    """A docstring of an attribute."""\n', True))
        if self.likely(0.05):
            pieces.append(Piece("    constant: ClassVar[int] = 1\n", True))
        if self.likely(0.05):
            pieces.append(Piece("    _private: int = 1\n", True))
        if not scalars:
            pieces += self.methods(fields)
        key = self.add(name, pieces, "    pass\n")
        (self.flat if scalars else self.models).append(key)
        return key

    def methods(self, fields: list[Piece]) -> list[Piece]:
        chance = self.chance
        found = []
        names = [piece.text.strip().partition(":")[0] for piece in fields]
        if self.likely(0.15):
            kind = self.type(1)
            arguments = chance.choice(["", "", "(alias='computedAlias')", "(title='Computed', description='From others.')", "(examples=[1])", "(deprecated=True)"])
            doc = '        """How it is made."""\n' if self.likely(0.4) else ""
            found.append(Piece(f"    @computed_field{arguments}\n    @property\n    def computed(self) -> {kind.text}:\n{doc}        return None\n", True))
        if self.likely(0.12):
            mode = chance.choice(["after", "before", "plain", "wrap"])
            extra = ", json_schema_input_type=int" if mode != "after" and self.likely(0.3) else ""
            handler = ", handler" if mode == "wrap" else ""
            found.append(Piece(f"    @field_validator('{chance.choice(names)}', mode='{mode}'{extra})\n    @classmethod\n    def check(cls, value{handler}):\n        return value\n", True))
        if self.likely(0.1):
            returns = chance.choice(["", " -> str", " -> list[int]", " -> int | None", " -> Any"])
            used = chance.choice(["", "", ", when_used='json-unless-none'", ", when_used='unless-none'"])
            found.append(Piece(f"    @field_serializer('{chance.choice(names)}'{used})\n    def dump(self, value){returns}:\n        return value\n", True))
        if self.likely(0.04):
            returns = chance.choice([" -> dict[str, int]", " -> str", ""])
            found.append(Piece(f"    @model_serializer\n    def dump_all(self){returns}:\n        return {{}}\n", True))
        if self.likely(0.05):
            mode = chance.choice(["after", "before"])
            body = "    @classmethod\n    def whole(cls, data: Any):\n        return data\n" if mode == "before" else "    def whole(self):\n        return self\n"
            found.append(Piece(f"    @model_validator(mode='{mode}')\n{body}", True))
        if self.likely(0.03):
            found.append(Piece("    def helper(self) -> int:\n        return 1\n", True))
        return found

    def enum(self) -> None:
        chance = self.chance
        name = self.new_name(chance.choice(["Color", "Status", "Level"]))
        base, members = chance.choice([
            ("str, Enum", ["red = 'red'", "dark_blue = 'dark blue'", "none = ''"]), ("Enum", ["one = 1", "two = 'two'", "three = 3.0"]),
            ("IntEnum", ["low = 1", "high = 10"]), ("int, Enum", ["zero = 0", "one = 1"]), ("StrEnum", ["a = 'A'", "b = 'B'"]),
            ("str, Enum", ["only = 'only'"]), ("Enum", ["x = None", "y = True"]), ("StrEnum", ["first = enum.auto()", "second = enum.auto()"]),
        ])
        doc = [Piece('    """Which one."""\n', True)] if self.likely(0.25) else []
        key = self.add(name, [Piece(f"class {name}({base}):\n"), *doc, Piece(f"    {members[0]}\n"), *(Piece(f"    {each}\n", True) for each in members[1:])])
        member = members[0].partition(" ")[0]
        self.others.append(Type(f"⟦{key}⟧", values=(f"⟦{key}⟧.{member}",), scalar=True, hashable=True))

    def dataclass(self) -> None:
        name = self.new_name(self.chance.choice(["Point", "Box", "Range"]))
        doc = [Piece('    """A plain dataclass."""\n', True)] if self.likely(0.3) else []
        decorator = self.chance.choice(["@dataclass", "@dataclass", "@dataclass(frozen=True)", "@dataclass(kw_only=True)"])
        key = self.add(name, [Piece(f"{decorator}\nclass {name}:\n"), *doc, *self.fields(1, 3, style="dataclass")], "    pass\n")
        self.others.append(Type(f"⟦{key}⟧"))

    def typed_dict(self) -> None:
        name = self.new_name(self.chance.choice(["Options", "Settings", "Record"]))
        total = ", total=False" if self.likely(0.3) else ""
        fields = []
        for field_name in self.chance.sample(FIELDS, self.chance.randint(1, 3)):
            kind = self.type(1)
            form = self.chance.choice(["{}", "{}", "NotRequired[{}]", "Required[{}]", "Annotated[{}, Field(description='In a dict.')]"])
            fields.append(Piece(f"    {field_name}: {form.format(kind.text)}\n", True))
        doc = [Piece('    """Keys."""\n', True)] if self.likely(0.3) else []
        key = self.add(name, [Piece(f"class {name}(TypedDict{total}):\n"), *doc, *fields], "    pass\n")
        self.others.append(Type(f"⟦{key}⟧"))

    def named_tuple(self) -> None:
        name = self.new_name("Pair")
        key = self.add(name, [Piece(f"class {name}(NamedTuple):\n"), Piece("    left: int\n"), Piece(f"    right: {self.scalar().text}\n", True),
                              Piece("    third: str = 'x'\n", True)])
        self.others.append(Type(f"⟦{key}⟧"))

    def root_model(self) -> None:
        name = self.new_name(self.chance.choice(["Many", "Names", "Wrapper"]))
        kind = self.type(2)
        if self.likely(0.5):
            key = self.add(name, [Piece(f"class {name}(RootModel[{kind.text}]):\n"), Piece('    """A root."""\n', True),
                                  Piece("    model_config = ConfigDict(title='Rooted')\n", True)], "    pass\n")
        else:
            key = self.add(name, [Piece(f"class {name}(RootModel):\n"), Piece(f"    root: {kind.text}\n")])
        self.others.append(Type(f"⟦{key}⟧"))

    def generic(self) -> None:
        name = self.new_name(self.chance.choice(["Page", "Envelope"]))
        variable = f"T{name}"
        self.used[self.module].add(variable)
        bound = self.chance.choice(["", "", ", bound=BaseModel", ", default=int"][:2])
        variable_key = self.add(variable, [Piece(f"{variable} = TypeVar('{variable}'{bound})\n")])
        inside = f"⟦{variable_key}⟧"
        fields = self.chance.sample([f"data: {inside}", f"items: list[{inside}]", f"first: {inside} | None = None", f"named: dict[str, {inside}] = {{}}",
                                     f"either: Union[{inside}, str]", "total: int = 0"], self.chance.randint(1, 4))
        key = self.add(name, [Piece(f"class {name}(BaseModel, Generic[{inside}]):\n"), *([Piece('    """Generic."""\n', True)] if self.likely(0.3) else []),
                              *(Piece(f"    {each}\n", True) for each in fields)], "    pass\n")
        self.generics.append(key)

    def alias(self) -> None:
        name = self.new_name(self.chance.choice(["Alias", "Identifier"]))
        kind = self.type(1)
        form = self.chance.choice([f"{name} = TypeAliasType('{name}', {kind.text})", f"{name} = {kind.text}", f"{name} = Annotated[{kind.text}, Field(description='Aliased.')]",
                                   f"{name} = NewType('{name}', {self.chance.choice(['int', 'str'])})"])
        key = self.add(name, [Piece(form + "\n")])
        self.others.append(Type(f"⟦{key}⟧"))

    def discriminated(self) -> None:
        chance = self.chance
        parts = []
        for number, word in enumerate(chance.sample(["cat", "dog", "bird"], chance.randint(2, 3))):
            name = self.new_name(word.capitalize())
            tag = f"    kind: Literal['{word}']{chance.choice(['', '', f' = {word!r}'])}\n"
            parts.append(self.add(name, [Piece(f"class {name}(BaseModel):\n"), Piece(tag), *self.fields(0, 2, scalars=True)]))
        members = ", ".join(f"⟦{key}⟧" for key in parts)
        name = self.new_name("Animal")
        key = self.add(name, [Piece(f"{name} = Annotated[Union[{members}], {chance.choice(['Field', 'Field', 'Body'][:2])}(discriminator='kind')]\n")])
        self.others.append(Type(f"⟦{key}⟧"))

    def created(self) -> None:
        name = self.new_name("Created")
        kind = self.scalar()
        parent = f", __base__=⟦{self.chance.choice(self.models)}⟧" if self.models and self.likely(0.4) else ""
        key = self.add(name, [Piece(f"{name} = create_model('{name}', extra_one=({kind.text}, ...), extra_two=(str, 'x'){parent})\n")])
        self.models.append(key)

    def mutual(self) -> None:
        """Two models that refer to each other."""
        first, second = self.new_name("Parent"), self.new_name("Child")
        left, right = f"{first}@{self.module}", f"{second}@{self.module}"
        self.add(first, [Piece(f"class {first}(BaseModel):\n"), Piece("    name: str\n", True), Piece(f'    children: list["⟦{right}⟧"] = []\n', True)], "    pass\n")
        self.add(second, [Piece(f"class {second}(BaseModel):\n"), Piece("    age: int = 0\n", True), Piece(f'    parent: Optional["⟦{left}⟧"] = None\n', True)], "    pass\n")
        self.models += [left, right]

    def anything(self) -> None:
        """Some class, or an alias."""
        roll = self.chance.random()
        for share, make in ((0.5, self.model), (0.64, self.enum), (0.70, self.dataclass), (0.75, self.typed_dict), (0.80, self.root_model), (0.86, self.generic),
                            (0.90, self.alias), (0.94, self.discriminated), (0.96, self.created), (0.98, self.mutual)):
            if roll < share:
                make()
                return
        self.named_tuple()
