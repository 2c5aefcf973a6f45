//! Points in time at which something happens again and again.

use groundplan_core::{Code, Diagnostic, Scope};

/// A schedule: at times of a clock, or at an interval.
///
/// ```
/// use groundplan_constructs::containers::Schedule;
/// let nightly = Schedule::cron("30 2 * * ? *").in_time_zone("Europe/Berlin");
/// let often = Schedule::every_minutes(5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    expression: String,
    time_zone: Option<String>,
}

impl Schedule {
    /// Happens at the times of a cron expression with six fields: minutes, hours, day of month, month, day of week and
    /// year. One of the two days is `?`. `0 8 ? * MON-FRI *` is 8:00 on working days.
    /// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>
    pub fn cron(fields: impl AsRef<str>) -> Self {
        Self { expression: format!("cron({})", fields.as_ref()), time_zone: None }
    }

    /// Happens every `n` minutes.
    pub fn every_minutes(n: u32) -> Self {
        Self::every(n, "minute")
    }

    /// Happens every `n` hours.
    pub fn every_hours(n: u32) -> Self {
        Self::every(n, "hour")
    }

    /// Happens every `n` days.
    pub fn every_days(n: u32) -> Self {
        Self::every(n, "day")
    }

    fn every(n: u32, unit: &str) -> Self {
        let plural = if n == 1 { "" } else { "s" };
        Self { expression: format!("rate({n} {unit}{plural})"), time_zone: None }
    }

    /// Sets the time zone, such as `Europe/Berlin`, whose summer time is respected. Default: UTC.
    #[must_use]
    pub fn in_time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = Some(name.into());
        self
    }

    /// Returns the expression in the form of AWS.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// Returns the time zone; none is UTC.
    pub(super) fn time_zone(&self) -> Option<&str> {
        self.time_zone.as_deref()
    }

    /// Reports an expression that AWS would refuse.
    pub(super) fn check(&self, scope: &Scope) {
        if let Some(allowed) = self.problem() {
            let error = Diagnostic::error(Code::InvalidSchedule, "this is not a schedule");
            scope.report(error.got(&self.expression).allowed(allowed));
        }
        if let Some(zone) = self.time_zone().filter(|zone| !zone.contains('/') && *zone != "UTC") {
            let error = Diagnostic::error(Code::InvalidSchedule, "this is not a time zone");
            scope.report(error.got(zone).allowed("a name of the IANA database, such as `Europe/Berlin`, or `UTC`"));
        }
    }

    fn problem(&self) -> Option<&'static str> {
        if self.expression.starts_with("rate(0 ") {
            return Some("an interval of at least 1");
        }
        let fields = self.expression.strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<_> = fields.split_whitespace().collect();
        let [minutes, hours, day, month, week_day, year] = fields[..] else {
            return Some("six fields: minutes, hours, day of month, month, day of week, year");
        };
        if (day == "?") == (week_day == "?") {
            return Some("`?` as the day of month or as the day of week, and not as both");
        }
        const MONTHS: &str = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC";
        const DAYS: &str = "SUN MON TUE WED THU FRI SAT";
        let ranges = [
            (minutes, 0, 59, ""),
            (hours, 0, 23, ""),
            (day, 1, 31, ""),
            (month, 1, 12, MONTHS),
            (week_day, 1, 7, DAYS),
            (year, 1970, 2199, ""),
        ];
        let fits = |&(field, from, to, names): &(&str, u16, u16, &str)| {
            field.split(',').all(|part| {
                let (range, step) = part.split_once('/').unwrap_or((part, "1"));
                let value = |text: &str| {
                    let named = names.split(' ').any(|name| !name.is_empty() && name.eq_ignore_ascii_case(text));
                    named || text.parse::<u16>().is_ok_and(|number| (from..=to).contains(&number))
                };
                // `L`, `W` and `#` are about days alone, and AWS checks them.
                let special = (from, to) == (1, 31) && range.contains(['L', 'W'])
                    || (from, to) == (1, 7) && range.contains(['L', '#']);
                let is_range = range.split_once('-').is_some_and(|(first, last)| value(first) && value(last));
                step.parse::<u16>().is_ok_and(|step| step > 0)
                    && (matches!(range, "*" | "?") || special || is_range || value(range))
            })
        };
        (!ranges.iter().all(fits))
            .then_some("values in the range of each field, such as `0 8 ? * MON-FRI *` or `0/15 * * * ? *`")
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
