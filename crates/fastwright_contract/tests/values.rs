//! Values of programs as JSON: what Pydantic writes, and behind `|` what FastAPI's encoder writes where it
//! differs. `!` is a value that has no form in JSON, `?` one that is not known.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use fastwright_contract::json::{Style, Unwritable, Writing, encode};
use program::with_program;

const PROGRAM: &str = r#"
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import uuid
from datetime import date, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

import pydantic.dataclasses
from fastapi import Form
from fastapi.encoders import jsonable_encoder
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, HttpUrl, SecretBytes, SecretStr


class Color(enum.Enum):
    RED = "red"
    BOTH = ("a", 1)


class Size(str, enum.Enum):
    S = "small"


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Point:
    x: int
    y: float = 2
    when: date = date(2020, 1, 1)


@pydantic.dataclasses.dataclass
class Spot:
    x: int = Field(alias="ex")


class Pair(NamedTuple):
    a: int
    b: str = "x"


class Inner(BaseModel):
    size: Size = Size.S
    secret: SecretStr = SecretStr("s")


class Outer(BaseModel):
    number: float
    inner: Inner = Inner()
    names: list[str] = Field(default=["a"], alias="theNames")
    hidden: int = Field(1, exclude=True)
    many: dict[str, Inner] = {}
    maybe: int | None = None


class Plain:
    pass


v01 = datetime.datetime(2020, 1, 1)
v02 = datetime.datetime(2020, 1, 2, 3, 4, 5, 6000, tzinfo=timezone.utc)
v03 = datetime.datetime(2020, 1, 2, 3, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))
v04 = date(2020, 1, 2)
v05 = time(1, 2, 3, 500)
v06 = timedelta(days=1, hours=2)
v07 = timedelta(seconds=-1.5)
v08 = timedelta(weeks=60)
v09 = Decimal("1.50")
v10 = Decimal("1e3")
v11 = Decimal(1.1)
v12 = Decimal(3)
v13 = uuid.UUID("{12345678-1234-5678-1234-567812345678}")
v14 = uuid.UUID(int=5)
v15 = pathlib.Path("a/../b/./c//d/")
v16 = Color.RED
v17 = Color.BOTH
v18 = [Size.S, Level.LOW]
v19 = SecretStr("x")
v20 = SecretBytes(b"")
v21 = re.compile("a+")
v22 = b"ab"
v24 = {3}
v25 = (1, "a", None, True, 1.5)
v26 = {1: 2, None: 3, True: 4, 1.5: 5, "a": 6, (1, "b"): 7, Color.RED: 8}
v27 = collections.deque([1, 2])
v28 = collections.OrderedDict(a=1)
v29 = fractions.Fraction(2, -6)
v30 = ipaddress.ip_address("1.1.1.1")
v31 = Point(1)
v32 = [Point(1, 3.5)]
v33 = Spot(ex=1)
v34 = Pair(1)
v35 = Outer(number=1)
v36 = Outer(number=1, theNames=["b"], maybe=4)
v37 = AnyUrl("http://a.b")
v38 = HttpUrl("https://example.com/c?d=e")
v39 = 1e16
v40 = 1e-7
v41 = {"a": {"b": [1, {"c": date(2020, 1, 1)}]}}
v42 = float("inf")
v43 = Plain()
v44 = Plain
v45 = int
v46 = datetime.date.fromisoformat("2020-02-03")
v47 = datetime.datetime.fromisoformat("2020-02-03T04:05:06+00:00")
v48 = lambda: 1
v49 = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
v50 = Inner.model_construct if False else Inner(size="small")
v51 = {"k": {Color.RED: v04}}
v52 = -timedelta(days=1)
v53 = timedelta(days=1) * 2
v54 = date.max
v55 = frozenset(["a"])
v56 = bytes("a", "utf-8")
v57 = Decimal("1") / 2
v58 = (Form(..., description="a field by mistake"),)
v59 = [Field(1)]
v60 = jsonable_encoder(datetime.datetime.min.replace(tzinfo=timezone.utc))
v61 = datetime.datetime.max.replace(hour=3, microsecond=0)
v62 = time.min.isoformat()
"#;

const EXPECTED: &str = r#"
v01 "2020-01-01T00:00:00"
v02 "2020-01-02T03:04:05.006000Z" | "2020-01-02T03:04:05.006000+00:00"
v03 "2020-01-02T03:00:00-05:30"
v04 "2020-01-02"
v05 "01:02:03.000500"
v06 "P1DT2H" | 93600.0
v07 "-PT1.5S" | -1.5
v08 "P1Y55D" | 36288000.0
v09 "1.50" | 1.5
v10 "1E+3" | 1000
v11 "1.100000000000000088817841970012523233890533447265625" | 1.1
v12 "3" | 3
v13 "12345678-1234-5678-1234-567812345678"
v14 "00000000-0000-0000-0000-000000000005"
v15 "a/../b/c/d"
v16 "red"
v17 ["a",1]
v18 ["small",1]
v19 "**********"
v20 "" | "b''"
v21 "a+"
v22 "ab"
v24 [3]
v25 [1,"a",null,true,1.5]
v26 ?
v27 [1,2]
v28 {"a":1}
v29 "-1/3" | !
v30 "1.1.1.1"
v31 {"x":1,"y":2,"when":"2020-01-01"}
v32 [{"x":1,"y":3.5,"when":"2020-01-01"}]
v33 {"ex":1} | {"x":1}
v34 [1,"x"]
v35 {"number":1.0,"inner":{"size":"small","secret":"**********"},"theNames":["a"],"many":{},"maybe":null}
v36 {"number":1.0,"inner":{"size":"small","secret":"**********"},"theNames":["b"],"many":{},"maybe":4}
v37 "http://a.b/"
v38 "https://example.com/c?d=e"
v39 1e+16
v40 1e-7
v41 {"a":{"b":[1,{"c":"2020-01-01"}]}}
v42 null
v43 ! | ?
v44 !
v45 !
v46 "2020-02-03"
v47 "2020-02-03T04:05:06Z" | "2020-02-03T04:05:06+00:00"
v48 !
v49 "2020-01-01T00:00:00Z" | "2020-01-01T00:00:00+00:00"
v50 {"size":"small","secret":"**********"}
v51 {"k":{"red":"2020-01-02"}}
v52 ?
v53 ?
v54 "9999-12-31"
v55 ["a"]
v56 ?
v57 ?
v58 ! | ?
v59 ! | ?
v60 "0001-01-01T00:00:00+00:00"
v61 "9999-12-31T03:59:59"
v62 "00:00:00"
"#;

#[test]
fn values_are_written_as_pydantic_and_fastapi_do() {
    let lines: Vec<&str> = EXPECTED.trim().lines().collect();
    let shown = with_program(PROGRAM, |program| {
        let mut shown = Vec::new();
        for line in &lines {
            let name = line.split(' ').next().unwrap();
            let value = program.global(name);
            let mut written = |style| {
                let writing = Writing { style, ..Writing::default() };
                match encode(program.context, &value, &writing) {
                    Ok(json) => json.to_string(),
                    Err(Unwritable::NotSerializable) => "!".to_owned(),
                    Err(Unwritable::NotKnown(..)) => "?".to_owned(),
                }
            };
            let (pydantic, fastapi) = (written(Style::Pydantic), written(Style::FastApi));
            let differs = if pydantic == fastapi { String::new() } else { format!(" | {fastapi}") };
            shown.push(format!("{name} {pydantic}{differs}"));
        }
        shown
    });
    assert_eq!(shown.join("\n"), lines.join("\n"));
}
