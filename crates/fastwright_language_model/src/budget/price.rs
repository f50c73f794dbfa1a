//! What models cost.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::money::Money;
use crate::conversation::Usage;

/// What a model costs, each for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Price {
    input: Money,
    output: Money,
    cached: Option<Money>,
    cache_write: Option<Money>,
    above: Option<LongPrice>,
}

/// What a request costs that has many tokens of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct LongPrice {
    tokens: u64,
    input: Money,
    output: Money,
    cached: Option<Money>,
    cache_write: Option<Money>,
}

/// The prices that come with the program. They have a source and a date, as they change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceTable {
    source: String,
    date: String,
    models: BTreeMap<String, Price>,
}

impl Price {
    /// What costs nothing, such as a model on one's own machine.
    pub const FREE: Self = Self::new(Money::ZERO, Money::ZERO);

    /// Prices for a million tokens of input and of output; cached input costs what other input does.
    pub const fn new(input: Money, output: Money) -> Self {
        Self { input, output, cached: None, cache_write: None, above: None }
    }

    /// What an answer costs.
    pub fn cost(&self, usage: &Usage) -> Money {
        let price = self.at(usage.input_tokens);
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let written = usage.cache_written_tokens.min(usage.input_tokens - cached);
        let parts = [
            (price.input, usage.input_tokens - cached - written),
            (price.cached.unwrap_or(price.input), cached),
            (price.cache_write.unwrap_or(price.input), written),
            (price.output, usage.output_tokens),
        ];
        parts.into_iter().map(|(million, count)| million.of_a_millionth() * count).sum()
    }

    /// The most that so many tokens of input can cost.
    pub(crate) fn most_for_input(&self, tokens: u64) -> Money {
        let price = self.at(tokens);
        price.input.max(price.cache_write.unwrap_or_default()).of_a_millionth() * tokens
    }

    /// How many tokens of output this amount pays, after so many tokens of input; `None` if they cost nothing.
    pub(crate) fn output_tokens_for(&self, amount: Money, input_tokens: u64) -> Option<u64> {
        amount.pays(self.at(input_tokens).output.of_a_millionth())
    }

    /// The price for requests with so many tokens of input.
    fn at(&self, input_tokens: u64) -> LongPrice {
        match self.above {
            Some(above) if input_tokens > above.tokens => above,
            _ => LongPrice {
                tokens: 0,
                input: self.input,
                output: self.output,
                cached: self.cached,
                cache_write: self.cache_write,
            },
        }
    }
}

impl PriceTable {
    /// The table that comes with the program.
    pub fn built_in() -> &'static Self {
        static TABLE: OnceLock<PriceTable> = OnceLock::new();
        TABLE.get_or_init(|| {
            // A test reads the same text; an empty table only makes prices unknown.
            toml::from_str(include_str!("../../resources/prices.toml")).unwrap_or_else(|_| Self {
                source: String::new(),
                date: String::new(),
                models: BTreeMap::new(),
            })
        })
    }

    /// What a model costs, if that is known. A name may end in a date or in `latest`: snapshots cost what the model
    /// does. Nothing else is guessed from a similar name.
    pub fn price(&self, name: &str) -> Option<Price> {
        let plain = snapshot_of(name).unwrap_or(name);
        self.models.get(name).or_else(|| self.models.get(plain)).copied()
    }

    /// Where the prices come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The day on which they were looked up, as `2026-11-29`.
    pub fn date(&self) -> &str {
        &self.date
    }
}

/// The model that a name is a snapshot of: `gpt-5.4` of `gpt-5.4-2026-03-05`, `claude-opus-4-5` of
/// `claude-opus-4-5-20251101` or of `claude-opus-4-5-latest`.
fn snapshot_of(name: &str) -> Option<&str> {
    const DATES: [&str; 2] = ["-00000000", "-0000-00-00"];
    let is_like = |text: &str, form: &str| {
        text.bytes()
            .zip(form.bytes())
            .all(|(byte, form)| if form == b'0' { byte.is_ascii_digit() } else { byte == form })
    };
    let dated = DATES.into_iter().find_map(|form| {
        let (plain, date) = name.split_at_checked(name.len().checked_sub(form.len())?)?;
        is_like(date, form).then_some(plain)
    });
    dated.or_else(|| name.strip_suffix("-latest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(amount: f64) -> Money {
        Money::from_dollars(amount).expect("an amount")
    }

    #[test]
    fn the_built_in_table_is_whole() {
        let table = PriceTable::built_in();
        assert!(table.models.len() > 40, "{}", table.models.len());
        assert_eq!(table.date().len(), "2026-11-29".len());
        assert!(!table.source().is_empty());
        for (name, price) in &table.models {
            assert!(price.output >= price.input && price.input > Money::ZERO, "{name}: {price:?}");
            assert!(price.cached.is_none_or(|cached| cached < price.input), "{name}");
            assert!(price.above.is_none_or(|above| above.input > price.input), "{name}");
        }
    }

    #[test]
    fn a_snapshot_costs_what_its_model_does() {
        let table = PriceTable::built_in();
        let opus = table.price("claude-opus-4-5").expect("a known model");
        assert_eq!(table.price("claude-opus-4-5-20251101"), Some(opus));
        assert_eq!(table.price("claude-opus-4-5-latest"), Some(opus));
        assert_eq!(table.price("gpt-5.4-2026-03-05"), table.price("gpt-5.4"));
        assert_ne!(table.price("gpt-4o-mini"), table.price("gpt-4o"));
    }

    #[test]
    fn similar_names_are_not_taken_for_each_other() {
        let table = PriceTable::built_in();
        for unknown in
            ["gpt-4o-audio-preview", "claude-opus", "claude-opus-4-5-fast", "gpt-5-2", "o3-", "", "-"]
        {
            assert_eq!(table.price(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn each_kind_of_token_has_its_price() {
        let price: Price =
            toml::from_str("input = 4.0\noutput = 20.0\ncached = 0.4\ncache-write = 5.0").expect("a price");
        let usage = Usage {
            input_tokens: 1_000_000,
            cached_input_tokens: 500_000,
            cache_written_tokens: 100_000,
            output_tokens: 10_000,
            is_estimated: false,
        };
        // 400,000 plain, 500,000 cached, 100,000 written, 10,000 of output.
        assert_eq!(price.cost(&usage), dollars(1.6 + 0.2 + 0.5 + 0.2));
    }

    #[test]
    fn long_requests_cost_more() {
        let price = PriceTable::built_in().price("gpt-5.4").expect("a known model");
        let usage = |input_tokens| Usage { input_tokens, ..Usage::default() };
        assert_eq!(price.cost(&usage(272_000)), dollars(0.68));
        assert_eq!(price.cost(&usage(272_001)), dollars(1.360_005));
    }

    #[test]
    fn amounts_are_read_and_shown() {
        assert_eq!("2.50".parse(), Ok(dollars(2.5)));
        assert_eq!("$0.10".parse(), Ok(dollars(0.1)));
        for wrong in ["-1", "NaN", "inf", "two", "", "1e300"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
        assert_eq!(dollars(12.345).to_string(), "$12.35");
        assert_eq!(dollars(0.0123).to_string(), "$0.0123");
        assert_eq!(dollars(0.000_02).to_string(), "$0.000020");
        assert_eq!(Money::ZERO.to_string(), "$0.00");
        let text = serde_json::to_string(&dollars(0.123_456_789)).expect("serialises");
        assert_eq!(serde_json::from_str::<Money>(&text).expect("deserialises"), dollars(0.123_456_789));
    }
}
