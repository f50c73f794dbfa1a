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

/// As what the bounds of a number are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BoundsAs {
    /// As the program gave them.
    Given,
    /// As integers, where they are whole.
    Integers,
    /// As floats, as for decimals and fractions.
    Floats,
}

impl Generator<'_, '_, '_> {
    /// Writes the bounds of a number; infinite ones are no bounds.
    pub(super) fn write_bounds(
        &mut self,
        object: &mut JsonObject,
        bounds: &NumberBounds,
        bounds_as: BoundsAs,
    ) {
        let named = [
            ("multipleOf", &bounds.multiple_of),
            ("maximum", &bounds.le),
            ("minimum", &bounds.ge),
            ("exclusiveMaximum", &bounds.lt),
            ("exclusiveMinimum", &bounds.gt),
        ];
        for (name, bound) in named {
            let Some(bound) = bound else { continue };
            if let Some(number) = self.bound(bound, bounds_as) {
                object.insert(name.to_owned(), number);
            }
        }
    }

    fn bound(&mut self, bound: &Value, bounds_as: BoundsAs) -> Option<Json> {
        let float = match bound.kind() {
            Kind::None => return None,
            Kind::Int(number) if bounds_as != BoundsAs::Floats => return Some((*number).into()),
            Kind::Bool(truth) if bounds_as == BoundsAs::Given => return Some((*truth).into()),
            Kind::Float(number) if bounds_as == BoundsAs::Integers && number.fract() == 0.0 => {
                return Some((*number as i64).into());
            }
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
