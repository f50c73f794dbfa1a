//! What a session may use, and what it has used.

mod metered;
mod money;
mod price;

pub use metered::{Budget, Metered, Spent};
pub use money::Money;
pub use price::{Price, PriceTable};
