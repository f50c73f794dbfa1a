//! When a request that failed is made again.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// How often and how long a failing request is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// All attempts, the first one included.
    pub attempts: u32,
    /// The pause before the second attempt; each later one is about twice as long, and no two callers wait the same.
    pub first_pause: Duration,
    /// The longest that is waited for, all pauses together. A server that asks for more gets its way another day.
    pub waiting: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 5, first_pause: Duration::from_millis(500), waiting: Duration::from_secs(2 * 60) }
    }
}

impl Retries {
    /// One attempt, and no other.
    pub const NONE: Self = Self { attempts: 1, first_pause: Duration::ZERO, waiting: Duration::ZERO };

    pub(super) fn begin(&self) -> Attempts {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(self.first_pause)
            .with_max_delay(Duration::from_secs(30))
            .with_max_times(usize::try_from(self.attempts.saturating_sub(1)).unwrap_or(usize::MAX))
            .with_jitter()
            .build();
        Attempts { pauses, waiting: self.waiting, made: 1 }
    }
}

/// The attempts of one request.
pub(super) struct Attempts {
    pauses: ExponentialBackoff,
    waiting: Duration,
    made: u32,
}

impl Attempts {
    /// How many attempts there were.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// How long until the next attempt, if there is one. What the server wishes for is the least.
    pub(super) fn pause(&mut self, wish: Option<Duration>, deadline: Instant) -> Option<Duration> {
        let pause = self.pauses.next()?.max(wish.unwrap_or_default());
        let left = deadline.saturating_duration_since(Instant::now());
        if pause > self.waiting || pause >= left {
            return None;
        }
        self.waiting -= pause;
        self.made += 1;
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    fn retries(attempts: u32, first_pause: u64, waiting: u64) -> Attempts {
        let (first_pause, waiting) = (Duration::from_millis(first_pause), Duration::from_millis(waiting));
        Retries { attempts, first_pause, waiting }.begin()
    }

    #[test]
    fn pauses_grow_and_end() {
        let mut attempts = retries(4, 100, 60_000);
        let pauses: Vec<Duration> = std::iter::from_fn(|| attempts.pause(None, far())).collect();
        assert_eq!(pauses.len(), 3);
        for (number, pause) in (0_u32..).zip(&pauses) {
            let least = Duration::from_millis(100) * 2_u32.pow(number);
            assert!(*pause >= least && *pause <= least * 2, "{number}: {pause:?}");
        }
        assert_eq!(attempts.made(), 4);
    }

    #[test]
    fn a_wish_of_the_server_is_kept() {
        let wish = Duration::from_secs(7);
        assert_eq!(retries(2, 1, 60_000).pause(Some(wish), far()), Some(wish));
    }

    #[test]
    fn nobody_waits_for_longer_than_allowed() {
        assert_eq!(retries(2, 1, 6_000).pause(Some(Duration::from_secs(7)), far()), None);
        let soon = Instant::now() + Duration::from_secs(5);
        assert_eq!(retries(2, 1, 60_000).pause(Some(Duration::from_secs(7)), soon), None);
        let mut attempts = retries(10, 0, 5_000);
        assert!(attempts.pause(Some(Duration::from_secs(3)), far()).is_some());
        assert_eq!(attempts.pause(Some(Duration::from_secs(3)), far()), None);
    }

    #[test]
    fn none_is_none() {
        assert_eq!(Retries::NONE.begin().pause(None, far()), None);
    }
}
