//! Amounts of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Dollars, exact to a billionth: what one token costs is a whole number of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(u64);

const BILLIONTHS: f64 = 1e9;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many dollars. What is no amount (negative, not a number) is `None`.
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let amount = (dollars * BILLIONTHS).round();
        // A billion dollars is more than enough, and keeps sums far from overflow.
        (0.0..=1e18).contains(&amount).then_some(Self(amount as u64))
    }

    /// The amount in dollars.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / BILLIONTHS
    }

    /// The price of one token where this is the price of a million.
    pub(crate) fn of_a_millionth(self) -> Self {
        Self(self.0.div_ceil(1_000_000))
    }

    /// What is left of it.
    pub(crate) fn minus(self, spent: Self) -> Self {
        Self(self.0.saturating_sub(spent.0))
    }

    /// How many of these it pays; `None` if they cost nothing.
    pub(crate) fn pays(self, each: Self) -> Option<u64> {
        self.0.checked_div(each.0)
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Money {
    type Output = Self;

    fn mul(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// Cents, and more digits where cents say nothing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.0 == 0 || self.0 >= 1_000_000_000 {
            2
        } else if self.0 >= 1_000_000 {
            4
        } else {
            6
        };
        write!(formatter, "${:.digits$}", self.dollars())
    }
}

impl FromStr for Money {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().trim_start_matches('$');
        let amount = number.parse().ok().and_then(Self::from_dollars);
        amount.ok_or_else(|| format!("`{text}` is not an amount of dollars, such as 2.50"))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        Self::from_dollars(dollars)
            .ok_or_else(|| serde::de::Error::custom(format!("{dollars} is not an amount of dollars")))
    }
}
