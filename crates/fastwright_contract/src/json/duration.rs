//! Durations (`datetime.timedelta`) as ISO 8601 texts, the way pydantic-core writes them.

/// `P1DT2H`, `-PT1.5S`, `PT0S`; a year has 365 days.
pub(super) fn iso8601(microseconds: i128) -> String {
    if microseconds == 0 {
        return "PT0S".to_owned();
    }
    let mut text = String::new();
    if microseconds < 0 {
        text.push('-');
    }
    text.push('P');
    let size = microseconds.unsigned_abs();
    let (seconds, fraction) = (size / 1_000_000, size % 1_000_000);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    let (years, days) = (days / 365, days % 365);
    if years > 0 {
        text.push_str(&format!("{years}Y"));
    }
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if seconds > 0 || fraction > 0 {
        text.push('T');
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 {
            text.push_str(&format!("{hours}H"));
        }
        if minutes > 0 {
            text.push_str(&format!("{minutes}M"));
        }
        if fraction > 0 {
            let digits = format!("{fraction:06}");
            text.push_str(&format!("{seconds}.{}S", digits.trim_end_matches('0')));
        } else if seconds > 0 {
            text.push_str(&format!("{seconds}S"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::iso8601;

    #[test]
    fn durations_are_written_as_pydantic_does() {
        const SECOND: i128 = 1_000_000;
        for (microseconds, text) in [
            (0, "PT0S"),
            (-SECOND, "-PT1S"),
            (3 * SECOND / 2, "PT1.5S"),
            (26 * 3600 * SECOND, "P1DT2H"),
            (400 * 86_400 * SECOND + 1, "P1Y35DT0.000001S"),
            (3661 * SECOND, "PT1H1M1S"),
            (3600 * SECOND + 500_000, "PT1H0.5S"),
            (365 * 86_400 * SECOND, "P1Y"),
        ] {
            assert_eq!(iso8601(microseconds), text);
        }
    }
}
