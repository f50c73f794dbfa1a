//! Objects of the standard library and Pydantic whose constructor says what they are: `datetime(2020, 1,
//! 1)`, `Decimal("1.5")`, `UUID("...")`, `SecretStr("...")`.

use super::Json;
use super::built_ins::{self, built_in_of};
use super::calendar::Moment;
use super::decimal::Decimal;
use super::writing::{Style, Unwritable, Writing, encode, not_known};
use crate::context::Context;
use fastwright_python::value::{Arguments, Kind, Symbolic, Value};

/// What a constructor made.
#[derive(Debug, Clone)]
pub(super) enum Constructed {
    /// Something that is written as this text.
    Text(String),
    /// A date, a time, or both.
    Moment(Moment),
    /// Microseconds.
    Duration(i128),
    /// A float.
    Float(f64),
    /// An integer.
    Integer(i64),
    /// What an encoder has made already.
    Json(Json),
    /// A decimal number.
    Decimal(Decimal),
    /// A fraction, reduced.
    Fraction(i64, i64),
    /// A secret, and whether it is one of bytes.
    Secret(&'static str, bool),
    /// What is written as this collection: the contents of a `deque`.
    Collection(Value),
}

/// What the call of a known constructor made; none for other expressions.
pub(super) fn constructed(
    context: &mut Context<'_, '_>,
    value: &Value,
) -> Result<Option<Constructed>, Unwritable> {
    if let Kind::External(name) = *value.kind() {
        return Ok(Moment::boundary(&name).map(Constructed::Moment));
    }
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return Ok(None) };
    if arguments.incomplete {
        return Ok(None);
    }
    let Some(name) = callee.as_external() else { return method_of_constructed(context, callee, arguments) };
    if let Some((base, method)) = name.rsplit_once('.')
        && let Some(boundary) = Moment::boundary(base)
    {
        return method_of(context, Constructed::Moment(boundary), method, arguments);
    }
    let made = match name.as_str() {
        "datetime.datetime" => {
            let date = date(arguments);
            let time = time(arguments, 3);
            let offset = zone(context, arguments, 7)?;
            moment(date.map(Some).zip(time.map(Some)), offset)
        }
        "datetime.date" => moment(date(arguments).map(|date| (Some(date), None)), None),
        "datetime.time" => {
            let offset = zone(context, arguments, 4)?;
            moment(time(arguments, 0).map(|time| (None, Some(time))), offset)
        }
        "datetime.datetime.fromisoformat" | "datetime.date.fromisoformat" | "datetime.time.fromisoformat" => {
            let read =
                arguments.get(0, "date_string").and_then(Value::as_str).and_then(Moment::from_isoformat);
            read.filter(Moment::is_valid).map(|mut moment| {
                if name == "datetime.datetime.fromisoformat" {
                    moment.time.get_or_insert_default();
                }
                Constructed::Moment(moment)
            })
        }
        "datetime.timedelta" => duration(arguments).map(Constructed::Duration),
        "decimal.Decimal" => decimal(arguments).map(Constructed::Decimal),
        "fractions.Fraction" => fraction(arguments),
        "builtins.float" | "builtins.str" | "builtins.int" => {
            let [given] = arguments.positional.as_slice() else { return Ok(None) };
            let plain = built_in_of(context, given).unwrap_or_else(|| given.clone());
            if let Some(plain) = built_ins::converted(&name, &plain) {
                Some(match plain.into_kind() {
                    Kind::Float(number) => Constructed::Float(number),
                    Kind::Int(number) => Constructed::Integer(number),
                    Kind::Str(text) => Constructed::Text(text.to_string()),
                    _ => return Ok(None),
                })
            } else {
                let Some(made) = constructed(context, given)? else { return Ok(None) };
                converted(&made, name.as_str())
            }
        }
        "fastapi.encoders.jsonable_encoder" => {
            let [given] = arguments.positional.as_slice() else { return Ok(None) };
            if !arguments.keywords.is_empty() {
                return Ok(None);
            }
            let writing = Writing { style: Style::FastApi, ..Writing::default() };
            Some(Constructed::Json(encode(context, given, &writing)?))
        }
        "uuid.UUID" => uuid(arguments).map(Constructed::Text),
        "pydantic.types.SecretStr" | "pydantic.types.SecretBytes" => {
            let given = arguments.get(0, "secret_value");
            let empty = given.is_some_and(|secret| match secret.kind() {
                Kind::Str(text) => text.is_empty(),
                Kind::Bytes(bytes) => bytes.is_empty(),
                // What is secret shows as stars even where it is not known.
                _ => false,
            });
            let shown = if empty { "" } else { "**********" };
            Some(Constructed::Secret(shown, name == "pydantic.types.SecretBytes"))
        }
        "re.compile" => text(arguments, "pattern"),
        "ipaddress.IPv4Address" | "ipaddress.ip_address" => {
            let given = arguments.get(0, "address").and_then(Value::as_str);
            given
                .and_then(|text| text.parse::<std::net::IpAddr>().ok())
                .map(|address| Constructed::Text(address.to_string()))
        }
        "pydantic.networks.AnyUrl" | "pydantic.networks.AnyHttpUrl" | "pydantic.networks.HttpUrl" => {
            arguments.get(0, "url").and_then(Value::as_str).and_then(address).map(Constructed::Text)
        }
        "collections.deque" | "collections.OrderedDict" | "builtins.frozenset" => {
            match (arguments.positional.as_slice(), arguments.keywords.is_empty()) {
                ([given], true) if matches!(given.kind(), Kind::List(_) | Kind::Tuple(_) | Kind::Dict(_)) => {
                    Some(Constructed::Collection(given.clone()))
                }
                _ => None,
            }
        }
        "pathlib.Path" | "pathlib.PosixPath" => {
            context.interpreter.text_of(value).map(|text| Constructed::Text(plain_path(&text)))
        }
        _ => return Ok(None),
    };
    match made {
        Some(made) => Ok(Some(made)),
        None => Err(not_known(format!("what `{name}(...)` gives is not known"))),
    }
}

/// `datetime(...).isoformat()` and the like.
fn method_of_constructed(
    context: &mut Context<'_, '_>,
    callee: &Value,
    arguments: &Arguments,
) -> Result<Option<Constructed>, Unwritable> {
    let (base, name) = match callee.kind() {
        Kind::Method(method) => match method.function.as_external() {
            Some(name) => (method.receiver.clone(), name.rsplit('.').next().unwrap_or_default().to_owned()),
            None => return Ok(None),
        },
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } => (base.clone(), name.to_string()),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    match constructed(context, &base)? {
        Some(made) => method_of(context, made, &name, arguments),
        None => Ok(None),
    }
}

fn method_of(
    context: &mut Context<'_, '_>,
    made: Constructed,
    name: &str,
    arguments: &Arguments,
) -> Result<Option<Constructed>, Unwritable> {
    let plain = arguments.positional.is_empty() && arguments.keywords.is_empty();
    match (made, name) {
        (Constructed::Moment(moment), "isoformat") if plain => {
            Ok(Some(Constructed::Text(moment.isoformat())))
        }
        (Constructed::Moment(moment), "replace") if arguments.positional.is_empty() => {
            replaced(context, moment, arguments)
        }
        (Constructed::Duration(size), "total_seconds") if plain => {
            Ok(Some(Constructed::Float(size as f64 / 1e6)))
        }
        _ => Ok(None),
    }
}

/// `moment.replace(tzinfo=..., hour=...)`.
fn replaced(
    context: &mut Context<'_, '_>,
    mut moment: Moment,
    arguments: &Arguments,
) -> Result<Option<Constructed>, Unwritable> {
    for (name, value) in &arguments.keywords {
        if *name == "tzinfo" {
            moment.offset = zone(context, arguments, usize::MAX)?;
            continue;
        }
        let place = match (name.as_str(), &mut moment.date, &mut moment.time) {
            ("year", Some(date), _) => &mut date.0,
            ("month", Some(date), _) => &mut date.1,
            ("day", Some(date), _) => &mut date.2,
            ("hour", _, Some(time)) => &mut time.0,
            ("minute", _, Some(time)) => &mut time.1,
            ("second", _, Some(time)) => &mut time.2,
            ("microsecond", _, Some(time)) => &mut time.3,
            _ => return Ok(None),
        };
        let Some(number) = value.as_int() else { return Ok(None) };
        *place = number;
    }
    Ok(moment.is_valid().then_some(Constructed::Moment(moment)))
}

/// `float(made)`, `str(made)`, `int(made)`.
fn converted(made: &Constructed, to: &str) -> Option<Constructed> {
    match (made, to) {
        (Constructed::Decimal(decimal), "builtins.float") => Some(Constructed::Float(decimal.to_float())),
        (Constructed::Decimal(decimal), "builtins.str") => Some(Constructed::Text(decimal.to_string())),
        (Constructed::Text(text), "builtins.str") => Some(Constructed::Text(text.clone())),
        (Constructed::Secret(shown, false), "builtins.str") => Some(Constructed::Text((*shown).to_owned())),
        _ => None,
    }
}

type Date = (i64, i64, i64);
type Time = (i64, i64, i64, i64);

fn moment(parts: Option<(Option<Date>, Option<Time>)>, offset: Option<i64>) -> Option<Constructed> {
    let (date, time) = parts?;
    let moment = Moment { date, time, offset };
    moment.is_valid().then_some(Constructed::Moment(moment))
}

fn date(arguments: &Arguments) -> Option<Date> {
    let part = |position, name| arguments.get(position, name).and_then(Value::as_int);
    Some((part(0, "year")?, part(1, "month")?, part(2, "day")?))
}

fn time(arguments: &Arguments, first: usize) -> Option<Time> {
    let part = |position, name| match arguments.get(first + position, name) {
        Some(value) => value.as_int(),
        None => Some(0),
    };
    Some((part(0, "hour")?, part(1, "minute")?, part(2, "second")?, part(3, "microsecond")?))
}

/// Seconds east of Greenwich of the argument `tzinfo`.
fn zone(
    context: &mut Context<'_, '_>,
    arguments: &Arguments,
    position: usize,
) -> Result<Option<i64>, Unwritable> {
    let Some(zone) = arguments.get(position, "tzinfo").filter(|zone| !zone.is_none()) else {
        return Ok(None);
    };
    if matches!(zone.as_external().as_deref(), Some("datetime.timezone.utc" | "datetime.UTC")) {
        return Ok(Some(0));
    }
    match zone.as_symbolic() {
        Some(Symbolic::Member { base, name })
            if *name == "utc" && base.as_external().is_some_and(|base| base == "datetime.timezone") =>
        {
            return Ok(Some(0));
        }
        Some(Symbolic::Call { callee, arguments, .. }) => {
            let callee = callee.as_external();
            let first = arguments.positional.first();
            match (callee.as_deref(), first) {
                (Some("datetime.timezone"), Some(offset)) => {
                    if let Some(Constructed::Duration(size)) = constructed(context, offset)? {
                        return Ok(i64::try_from(size / 1_000_000).ok());
                    }
                }
                (Some("zoneinfo.ZoneInfo"), Some(key))
                    if matches!(key.as_str(), Some("UTC" | "Etc/UTC" | "GMT")) =>
                {
                    return Ok(Some(0));
                }
                _ => {}
            }
        }
        _ => {}
    }
    Err(not_known("the time zone of a time is not known"))
}

fn duration(arguments: &Arguments) -> Option<i128> {
    const UNITS: [(&str, i128); 7] = [
        ("days", 86_400_000_000),
        ("seconds", 1_000_000),
        ("microseconds", 1),
        ("milliseconds", 1_000),
        ("minutes", 60_000_000),
        ("hours", 3_600_000_000),
        ("weeks", 604_800_000_000),
    ];
    let mut total = 0_i128;
    let mut given = 0;
    for (position, (name, unit)) in UNITS.into_iter().enumerate() {
        let Some(value) = arguments.get(position, name) else { continue };
        given += 1;
        total += match *value.kind() {
            Kind::Int(number) => i128::from(number) * unit,
            Kind::Float(number) if number.abs() < 1e9 => (number * unit as f64).round_ties_even() as i128,
            _ => return None,
        };
    }
    (given == arguments.positional.len() + arguments.keywords.len()).then_some(total)
}

fn decimal(arguments: &Arguments) -> Option<Decimal> {
    match arguments.get(0, "value") {
        None => Decimal::from_text("0"),
        Some(value) => match value.kind() {
            Kind::Str(text) => Decimal::from_text(text),
            Kind::Int(number) => Decimal::from_text(&number.to_string()),
            Kind::Float(number) => Decimal::from_float(*number),
            _ => None,
        },
    }
}

fn fraction(arguments: &Arguments) -> Option<Constructed> {
    let (above, below) = match (arguments.get(0, "numerator"), arguments.get(1, "denominator")) {
        (Some(text), None) if text.as_str().is_some() => {
            let (above, below) = text.as_str()?.split_once('/')?;
            (above.trim().parse::<i64>().ok()?, below.trim().parse::<i64>().ok()?)
        }
        (above, below) => {
            let part = |value: Option<&Value>, otherwise| value.map_or(Some(otherwise), Value::as_int);
            (part(above, 0)?, part(below, 1)?)
        }
    };
    let (mut divisor, mut rest) = (above.checked_abs()?, below.checked_abs()?);
    if below == 0 {
        return None;
    }
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let sign = below.signum();
    Some(Constructed::Fraction(sign * above / divisor, sign * below / divisor))
}

fn uuid(arguments: &Arguments) -> Option<String> {
    if let Some(number) = arguments.keyword("int") {
        return Some(hyphenated(&format!("{:032x}", u128::try_from(number.as_int()?).ok()?)));
    }
    let text = arguments.get(0, "hex")?.as_str()?;
    let digits = text.replace("urn:", "").replace("uuid:", "");
    let digits = digits.trim_matches(['{', '}']).replace('-', "").to_ascii_lowercase();
    let valid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    valid.then(|| hyphenated(&digits))
}

fn hyphenated(digits: &str) -> String {
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

fn text(arguments: &Arguments, name: &str) -> Option<Constructed> {
    arguments.get(0, name)?.as_str().map(|text| Constructed::Text(text.to_owned()))
}

/// `str(Path(text))`: no empty parts, no `.`.
fn plain_path(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let root = match text.len() - text.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    match (root, parts.is_empty()) {
        ("", true) => ".".to_owned(),
        _ => format!("{root}{}", parts.join("/")),
    }
}

/// A web address as the parser of addresses writes it, where it has a form that stays nearly as it is.
fn address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https" | "ws" | "wss") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    let (host, port) = match host.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (host, None),
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    // A host of digits is read as a number, escapes and dots in paths are normalized.
    let numeric =
        host.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_digit()));
    if host.is_empty() || !host.bytes().all(plain) || numeric && host.parse::<std::net::Ipv4Addr>().is_err() {
        return None;
    }
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_~?=&#:,.+@!$;()*%".contains(&byte);
    if !rest.bytes().all(simple) || rest.contains("/.") || host.starts_with("xn--") {
        return None;
    }
    let standard = if matches!(scheme, "http" | "ws") { 80 } else { 443 };
    let port = port.filter(|port| *port != standard).map_or_else(String::new, |port| format!(":{port}"));
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Some(format!("{scheme}://{host}{port}{slash}{rest}"))
}
