//! `decimal.Decimal` as far as it is written: digits and an exponent.

use super::writing::{Written, not_known};
use super::{Json, number_of_float};
use std::fmt;

/// A decimal number as its constructor reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Digits without leading zeros, `0` for zero; `Infinity`, `NaN` or `sNaN` for what is no number.
    digits: String,
    exponent: i64,
    finite: bool,
}

impl Decimal {
    /// `Decimal("1.50")`.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let text = text.trim().replace('_', "");
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        let special = match rest.to_ascii_lowercase().as_str() {
            "inf" | "infinity" => Some("Infinity"),
            "nan" => Some("NaN"),
            "snan" => Some("sNaN"),
            _ => None,
        };
        if let Some(special) = special {
            return Some(Self { negative, digits: special.to_owned(), exponent: 0, finite: false });
        }
        let (number, exponent) = match rest.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        let digits = if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
        let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        Some(Self { negative, digits, exponent, finite: true })
    }

    /// `Decimal(0.1)`: the number that the float is, exactly.
    pub(super) fn from_float(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return Self::from_text(if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            });
        }
        let text = format!("{number:.1074}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        Self::from_text(text)
    }

    /// `float(decimal)`.
    pub(super) fn to_float(&self) -> f64 {
        self.to_string().to_ascii_lowercase().trim_start_matches('s').parse().unwrap_or(f64::NAN)
    }

    /// FastAPI's `decimal_encoder`: an integer where there is no part behind the point.
    pub(super) fn to_number(&self) -> Written {
        if !self.finite || self.exponent < 0 {
            return Ok(number_of_float(self.to_float()));
        }
        if self.exponent > 30 {
            return Err(not_known("the number has more than 64 bits"));
        }
        let sign = if self.negative { "-" } else { "" };
        let zeros = "0".repeat(usize::try_from(self.exponent).unwrap_or_default());
        let number = format!("{sign}{}{zeros}", self.digits).parse::<i64>();
        number.map(Json::from).map_err(|_| not_known("the number has more than 64 bits"))
    }
}

impl fmt::Display for Decimal {
    /// `str(decimal)`: with an exponent where it is positive or the number very small.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            formatter.write_str("-")?;
        }
        if !self.finite {
            return formatter.write_str(&self.digits);
        }
        let count = self.digits.len() as i64;
        let left = self.exponent + count;
        let point = if self.exponent <= 0 && left > -6 { left } else { 1 };
        if point <= 0 {
            let zeros = "0".repeat(usize::try_from(-point).unwrap_or_default());
            write!(formatter, "0.{zeros}{}", self.digits)?;
        } else if point >= count {
            let zeros = "0".repeat(usize::try_from(point - count).unwrap_or_default());
            write!(formatter, "{}{zeros}", self.digits)?;
        } else {
            let (whole, fraction) = self.digits.split_at(usize::try_from(point).unwrap_or_default());
            write!(formatter, "{whole}.{fraction}")?;
        }
        if left != point {
            write!(formatter, "E{:+}", left - point)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn decimals_are_written_as_python_does() {
        for (given, text) in [
            ("1.50", "1.50"),
            ("1e3", "1E+3"),
            ("-0.000001", "-0.000001"),
            ("0.0000001", "1E-7"),
            ("0.00", "0.00"),
            ("12e-9", "1.2E-8"),
            ("00123", "123"),
            ("1_000", "1000"),
            ("-inf", "-Infinity"),
            (" .5 ", "0.5"),
            ("0e-10", "0E-10"),
        ] {
            assert_eq!(Decimal::from_text(given).map(|decimal| decimal.to_string()).as_deref(), Some(text));
        }
        let exact = Decimal::from_float(1.1).map(|decimal| decimal.to_string());
        assert_eq!(exact.as_deref(), Some("1.100000000000000088817841970012523233890533447265625"));
        assert_eq!(Decimal::from_float(0.5).map(|decimal| decimal.to_string()).as_deref(), Some("0.5"));
        assert_eq!(Decimal::from_float(-0.0).map(|decimal| decimal.to_string()).as_deref(), Some("-0"));
        assert_eq!(Decimal::from_text("one"), None);
    }
}
