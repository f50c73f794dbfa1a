//! A model behind a budget.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::money::Money;
use super::price::Price;
use crate::conversation::{Answer, Request, Usage, estimated_tokens};
use crate::error::{BudgetLimit, ModelError};
use crate::model::{LanguageModel, Limits, Progress};

/// An answer of fewer tokens is of no use, so no request is made that has no room for so many.
const SHORTEST_ANSWER: u64 = 256;

/// What a session may use. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Tokens, read and written.
    pub tokens: Option<u64>,
    /// Dollars.
    pub money: Option<Money>,
    /// Time since the session began; time between two runs of a session that was resumed does not count.
    pub time: Option<Duration>,
}

/// What a session has used so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Requests that were made.
    pub requests: u64,
    /// Tokens, all answers together.
    pub usage: Usage,
    /// Dollars, if the price is known.
    pub cost: Option<Money>,
    /// Time.
    pub time: Duration,
}

impl Spent {
    /// What answers have cost that were given before: those of a session that goes on. How long they took is not known.
    pub fn before<'u>(answers: impl IntoIterator<Item = &'u Usage>, price: Option<Price>) -> Self {
        let mut spent = Self { cost: price.map(|_| Money::default()), ..Self::default() };
        for usage in answers {
            spent.requests += 1;
            spent.add(usage, price);
        }
        spent
    }

    fn add(&mut self, usage: &Usage, price: Option<Price>) {
        let total = &mut self.usage;
        total.input_tokens += usage.input_tokens;
        total.cached_input_tokens += usage.cached_input_tokens;
        total.cache_written_tokens += usage.cache_written_tokens;
        total.output_tokens += usage.output_tokens;
        total.is_estimated |= usage.is_estimated;
        if let Some(price) = price {
            self.cost = Some(self.cost.unwrap_or_default() + price.cost(usage));
        }
    }
}

/// A model that stops answering when a budget is used up.
///
/// Before a request: its size is estimated, and it is not made if the budget does not allow it; if the budget allows it
/// but not a long answer, the answer is kept short enough. After it: what the provider reports is counted; where it
/// reports nothing, and for answers that broke off, an estimate.
pub struct Metered<M> {
    model: M,
    budget: Budget,
    price: Option<Price>,
    started: Instant,
    earlier: Duration,
    spent: Mutex<Spent>,
}

impl<M> Metered<M> {
    /// A budget for a new session. `name` is what the model is called in messages.
    ///
    /// # Errors
    /// [`ModelError::PriceUnknown`] for a budget of money without a price: it could not be kept.
    pub fn new(model: M, name: &str, budget: Budget, price: Option<Price>) -> Result<Self, ModelError> {
        Self::resume(model, name, budget, price, Spent::default())
    }

    /// A budget for a session that has spent this already.
    ///
    /// # Errors
    /// As for [`Metered::new`].
    pub fn resume(
        model: M,
        name: &str,
        budget: Budget,
        price: Option<Price>,
        spent: Spent,
    ) -> Result<Self, ModelError> {
        if budget.money.is_some() && price.is_none() {
            return Err(ModelError::PriceUnknown { name: name.to_owned() });
        }
        let cost = price.map(|_| spent.cost.unwrap_or_default());
        let earlier = spent.time;
        Ok(Self {
            model,
            budget,
            price,
            started: Instant::now(),
            earlier,
            spent: Mutex::new(Spent { cost, ..spent }),
        })
    }

    /// What was spent until now.
    pub fn spent(&self) -> Spent {
        let mut spent = self.locked().clone();
        spent.time = self.time();
        spent
    }

    /// The budget.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    fn time(&self) -> Duration {
        self.earlier + self.started.elapsed()
    }

    fn locked(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request as the budget allows it.
    fn allowed(&self, request: &Request) -> Result<Request, ModelError> {
        let input = request.estimated_tokens();
        let spent = self.spent();
        let mut longest = request.max_output_tokens.map(u64::from);
        let mut shorten = |tokens: u64| longest = Some(longest.map_or(tokens, |longest| longest.min(tokens)));
        if let Some(allowed) = self.budget.tokens {
            let needed = input + SHORTEST_ANSWER;
            let left = allowed.saturating_sub(spent.usage.total());
            if left < needed {
                return Err(over(BudgetLimit::Tokens { allowed, spent: spent.usage.total(), needed }));
            }
            shorten(left - input);
        }
        if let (Some(allowed), Some(price)) = (self.budget.money, self.price) {
            let already = spent.cost.unwrap_or_default();
            let for_input = price.most_for_input(input);
            let left = allowed.minus(already);
            let for_output = left.minus(for_input);
            let affordable = price.output_tokens_for(for_output, input);
            if left < for_input || affordable.is_some_and(|tokens| tokens < SHORTEST_ANSWER) {
                let answer =
                    Usage { input_tokens: input, output_tokens: SHORTEST_ANSWER, ..Usage::default() };
                let needed = price.cost(&answer).max(for_input);
                return Err(over(BudgetLimit::Money { allowed, spent: already, needed }));
            }
            if let Some(tokens) = affordable {
                shorten(tokens);
            }
        }
        let mut time = request.limits.time;
        if let Some(allowed) = self.budget.time {
            let left = allowed.saturating_sub(spent.time);
            if left.is_zero() {
                return Err(over(BudgetLimit::Time { allowed }));
            }
            time = Some(time.map_or(left, |time| time.min(left)));
        }
        // A limit that no answer reaches is not sent: some models refuse a number above their own.
        const LONGEST_ANSWER: u64 = 32_000;
        let max_output_tokens = match (request.max_output_tokens, longest) {
            (None, Some(longest)) if longest >= LONGEST_ANSWER => None,
            (_, longest) => longest.map(|tokens| u32::try_from(tokens).unwrap_or(u32::MAX)),
        };
        let limits = Limits { time, cancellation: request.limits.cancellation.clone() };
        Ok(Request { max_output_tokens, limits, ..request.clone() })
    }

    fn count(&self, usage: &Usage) {
        self.locked().add(usage, self.price);
    }
}

impl<M: LanguageModel> LanguageModel for Metered<M> {
    fn answer(
        &self,
        request: &Request,
        observer: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Answer, ModelError> {
        let request = self.allowed(request)?;
        self.locked().requests += 1;
        let input_tokens = request.estimated_tokens();
        // What has come of an answer that may still break off. Providers charge for it.
        let mut come = 0;
        let lost = |bytes: usize| Usage {
            input_tokens,
            output_tokens: estimated_tokens(bytes),
            is_estimated: true,
            ..Usage::default()
        };
        let result = self.model.answer(&request, &mut |progress| {
            match progress {
                Progress::Text(text) | Progress::Reasoning(text) | Progress::ToolCall(text) => {
                    come += text.len()
                }
                Progress::Retry { .. } => {
                    if come > 0 {
                        self.count(&lost(come));
                    }
                    come = 0;
                }
            }
            observer(progress);
        });
        match &result {
            Ok(answer) => self.count(&answer.usage),
            Err(ModelError::CutOff { answer } | ModelError::Declined { answer, .. }) => {
                self.count(&answer.usage)
            }
            Err(_) if come > 0 => self.count(&lost(come)),
            Err(_) => {}
        }
        match (result, self.budget.time) {
            // The model ran into the end of the time that the budget has left.
            (Err(ModelError::TimedOut { .. }), Some(allowed)) if self.time() >= allowed => {
                Err(over(BudgetLimit::Time { allowed }))
            }
            (result, _) => result,
        }
    }
}

impl<M> fmt::Debug for Metered<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Metered");
        debug.field("budget", &self.budget).field("price", &self.price).field("spent", &self.spent());
        debug.finish_non_exhaustive()
    }
}

impl fmt::Display for Spent {
    /// `3 requests, 12345 tokens read (8000 of them cached), 678 written, $0.0456, 12 s`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, usage, cost, time } = self;
        let plural = if *requests == 1 { "" } else { "s" };
        let about = if usage.is_estimated { "about " } else { "" };
        write!(formatter, "{requests} request{plural}, {about}{} tokens read", usage.input_tokens)?;
        if usage.cached_input_tokens > 0 {
            write!(formatter, " ({} of them cached)", usage.cached_input_tokens)?;
        }
        write!(formatter, ", {} written, ", usage.output_tokens)?;
        match cost {
            Some(cost) => write!(formatter, "{about}{cost}")?,
            None => formatter.write_str("price not known")?,
        }
        write!(formatter, ", {} s", time.as_secs())
    }
}

fn over(limit: BudgetLimit) -> ModelError {
    ModelError::BudgetSpent { limit }
}
