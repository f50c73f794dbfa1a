//! Bounds as JSON Schema writes them (`update_with_validations`, `ValidationsMapping`).

use super::Generator;
use crate::json::{Json, JsonObject, number_of_float};
use crate::pydantic::core_schema::{LengthBounds, NumberBounds};
use fastwright_python::value::{Kind, Value};

/// Which names the bounds of a length get.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lengths {
    /// Of texts and bytes.
    Characters,
    /// Of arrays.
    Items,
    /// Of objects.
    Properties,
}

/// Writes the bounds of a length.
pub(super) fn write_lengths(object: &mut JsonObject, bounds: LengthBounds, of: Lengths) {
    let (shortest, longest) = match of {
        Lengths::Characters => ("minLength", "maxLength"),
        Lengths::Items => ("minItems", "maxItems"),
        Lengths::Properties => ("minProperties", "maxProperties"),
    };
    if let Some(min) = bounds.min {
        object.insert(shortest.to_owned(), min.into());
    }
    if let Some(max) = bounds.max {
        object.insert(longest.to_owned(), max.into());
    }
}

impl Generator<'_, '_, '_> {
    /// Writes the bounds of a number; infinite ones are no bounds. With `as_float` they are floats, as for
    /// decimals and fractions.
    pub(super) fn write_bounds(&mut self, object: &mut JsonObject, bounds: &NumberBounds, as_float: bool) {
        let named = [
            ("multipleOf", &bounds.multiple_of),
            ("maximum", &bounds.le),
            ("minimum", &bounds.ge),
            ("exclusiveMaximum", &bounds.lt),
            ("exclusiveMinimum", &bounds.gt),
        ];
        for (name, bound) in named {
            let Some(bound) = bound else { continue };
            if let Some(number) = self.bound(bound, as_float) {
                object.insert(name.to_owned(), number);
            }
        }
    }

    fn bound(&mut self, bound: &Value, as_float: bool) -> Option<Json> {
        let float = match &bound.kind {
            Kind::None => return None,
            Kind::Int(number) if !as_float => return Some((*number).into()),
            Kind::Bool(truth) if !as_float => return Some((*truth).into()),
            Kind::Int(number) => *number as f64,
            Kind::Bool(truth) => f64::from(u8::from(*truth)),
            Kind::Float(number) => *number,
            // `Decimal("0.5")`, `Fraction(1, 3)`; FastAPI's model of a schema makes floats of all bounds.
            _ => match crate::json::float_of(self.context, bound) {
                Some(number) => number,
                None => {
                    self.context.doubt("a bound of a number is not known", super::place_of(bound));
                    return None;
                }
            },
        };
        (!float.is_infinite()).then(|| number_of_float(float))
    }
}
