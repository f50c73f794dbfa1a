//! Dates and times (`datetime.date`, `time`, `datetime`) as texts and numbers.

/// A date, a time, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Year, month, day.
    pub(super) date: Option<(i64, i64, i64)>,
    /// Hour, minute, second, microsecond.
    pub(super) time: Option<(i64, i64, i64, i64)>,
    /// Seconds east of Greenwich; none for naive times.
    pub(super) offset: Option<i64>,
}

impl Moment {
    /// The first and last objects of the classes: `datetime.datetime.min`.
    pub(super) fn boundary(name: &str) -> Option<Self> {
        let (class, boundary) = name.strip_prefix("datetime.")?.split_once('.')?;
        let (date, time) = match boundary {
            "min" => ((1, 1, 1), (0, 0, 0, 0)),
            "max" => ((9999, 12, 31), (23, 59, 59, 999_999)),
            _ => return None,
        };
        let (date, time) = match class {
            "datetime" => (Some(date), Some(time)),
            "date" => (Some(date), None),
            "time" => (None, Some(time)),
            _ => return None,
        };
        Some(Self { date, time, offset: None })
    }

    /// Whether Python makes such an object.
    pub(super) fn is_valid(&self) -> bool {
        let date = self.date.is_none_or(|(year, month, day)| {
            (1..=9999).contains(&year)
                && (1..=12).contains(&month)
                && (1..=days_of_month(year, month)).contains(&day)
        });
        let time = self.time.is_none_or(|(hour, minute, second, microsecond)| {
            (0..24).contains(&hour)
                && (0..60).contains(&minute)
                && (0..60).contains(&second)
                && (0..1_000_000).contains(&microsecond)
        });
        date && time && self.offset.is_none_or(|offset| offset.abs() < 86_400)
    }

    /// As pydantic-core writes it: `Z` for UTC, no seconds in offsets.
    pub(super) fn rfc3339(&self) -> String {
        let mut text = self.without_offset();
        match self.offset {
            None => {}
            Some(0) => text.push('Z'),
            Some(offset) => {
                let size = offset.abs();
                let sign = if offset < 0 { '-' } else { '+' };
                text.push_str(&format!("{sign}{:02}:{:02}", size / 3600, size / 60 % 60));
            }
        }
        text
    }

    /// `isoformat()`.
    pub(super) fn isoformat(&self) -> String {
        let mut text = self.without_offset();
        if let Some(offset) = self.offset {
            let size = offset.abs();
            let sign = if offset < 0 { '-' } else { '+' };
            text.push_str(&format!("{sign}{:02}:{:02}", size / 3600, size / 60 % 60));
            if size % 60 > 0 {
                text.push_str(&format!(":{:02}", size % 60));
            }
        }
        text
    }

    fn without_offset(&self) -> String {
        let mut text = String::new();
        if let Some((year, month, day)) = self.date {
            text.push_str(&format!("{year:04}-{month:02}-{day:02}"));
        }
        if let Some((hour, minute, second, microsecond)) = self.time {
            if self.date.is_some() {
                text.push('T');
            }
            text.push_str(&format!("{hour:02}:{minute:02}:{second:02}"));
            if microsecond > 0 {
                text.push_str(&format!(".{microsecond:06}"));
            }
        }
        text
    }

    /// Microseconds since 1970, in UTC; of a time alone, since midnight.
    pub(super) fn microseconds(&self) -> i128 {
        let days = self.date.map_or(0, |(year, month, day)| days_since_1970(year, month, day));
        let (hour, minute, second, microsecond) = self.time.unwrap_or_default();
        // A time alone keeps what its zone shows.
        let offset = self.date.and(self.offset).unwrap_or_default();
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
        i128::from(seconds) * 1_000_000 + i128::from(microsecond)
    }

    /// `date.fromisoformat`, `datetime.fromisoformat` and `time.fromisoformat` of the common forms.
    pub(super) fn from_isoformat(text: &str) -> Option<Self> {
        let (date, rest) = match text.get(..10) {
            Some(date) if date.as_bytes()[4] == b'-' => {
                let mut parts = date.split('-').map(digits);
                let date = (parts.next()??, parts.next()??, parts.next()??);
                (Some(date), text.get(10..)?)
            }
            _ => (None, text),
        };
        if rest.is_empty() {
            return date.map(|date| Self { date: Some(date), time: None, offset: None });
        }
        let rest = if date.is_some() { rest.get(1..)? } else { rest };
        let (clock, offset) = match rest.find(['+', '-', 'Z']) {
            Some(at) => (&rest[..at], Some(offset_of(&rest[at..])?)),
            None => (rest, None),
        };
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
        let mut parts = clock.split(':').map(digits);
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = parts.next().unwrap_or(Some(0))?;
        if fraction.len() > 6 {
            return None;
        }
        let microsecond = digits(&format!("{fraction:0<6}"))?;
        Some(Self { date, time: Some((hour, minute, second, microsecond)), offset })
    }
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn offset_of(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    Some(sign * (digits(hours)? * 3600 + digits(minutes)? * 60))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = |year: i64| {
        let year = year - 1;
        year * 365 + year / 4 - year / 100 + year / 400
    };
    let months: i64 = (1..month).map(|month| days_of_month(year, month)).sum();
    before(year) - before(1970) + months + day - 1
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn moments_are_written_as_pydantic_does() {
        let moment = Moment { date: Some((2020, 1, 1)), time: Some((1, 2, 3, 4000)), offset: Some(19_800) };
        assert!(moment.is_valid());
        assert_eq!(moment.rfc3339(), "2020-01-01T01:02:03.004000+05:30");
        let naive = Moment { offset: None, ..moment };
        assert_eq!(naive.microseconds(), 1_577_840_523_004_000);
        assert_eq!(moment.microseconds(), 1_577_820_723_004_000);
        let utc = Moment { date: None, offset: Some(0), ..moment };
        assert_eq!(
            (utc.rfc3339().as_str(), utc.isoformat().as_str()),
            ("01:02:03.004000Z", "01:02:03.004000+00:00")
        );
        assert!(!Moment { date: Some((2021, 2, 29)), ..moment }.is_valid());
    }

    #[test]
    fn texts_are_read() {
        for text in ["2020-02-29", "2020-02-29T10:20:30", "2020-02-29T10:20:30.500000+02:00", "10:20:30"] {
            assert_eq!(Moment::from_isoformat(text).map(|moment| moment.isoformat()).as_deref(), Some(text));
        }
        assert_eq!(Moment::from_isoformat("tomorrow"), None);
    }
}
