//! The number behind a check, with its unit and thresholds.

/// A number that monitoring systems can plot and compare with its thresholds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Metric {
    pub(crate) number: i64,
    /// "s" for seconds, "B" for bytes, "" for a count.
    pub(crate) unit: &'static str,
    /// Warning above this number.
    pub(crate) warning: Option<i64>,
    /// Critical above this number.
    pub(crate) critical: Option<i64>,
    /// Whether the thresholds are lower bounds: warning and critical below them.
    pub(crate) is_minimum: bool,
}

impl Metric {
    pub(crate) fn count(number: impl TryInto<i64>) -> Self {
        Self::new(saturate(number), "")
    }

    pub(crate) fn seconds(number: i64) -> Self {
        Self::new(number, "s")
    }

    pub(crate) fn bytes(number: u64) -> Self {
        Self::new(saturate(number), "B")
    }

    fn new(number: i64, unit: &'static str) -> Self {
        Self {
            number,
            unit,
            warning: None,
            critical: None,
            is_minimum: false,
        }
    }

    #[must_use]
    pub(crate) fn warn_above(mut self, threshold: impl TryInto<i64>) -> Self {
        self.warning = Some(saturate(threshold));
        self
    }

    #[must_use]
    pub(crate) fn critical_above(mut self, threshold: impl TryInto<i64>) -> Self {
        self.critical = Some(saturate(threshold));
        self
    }

    /// Critical when all of `total` things are affected; no threshold when there are none.
    #[must_use]
    pub(crate) fn critical_at_all_of(mut self, total: usize) -> Self {
        self.critical = total.checked_sub(1).map(saturate);
        self
    }

    #[must_use]
    pub(crate) fn with_minimums(mut self, warning: u64, critical: u64) -> Self {
        self.is_minimum = true;
        self.warning = Some(saturate(warning));
        self.critical = Some(saturate(critical));
        self
    }

    /// The metric as performance data: `120s;86400;172800`, or `1000B;100:;25:` for lower bounds.
    /// <https://www.monitoring-plugins.org/doc/guidelines.html>
    pub(super) fn as_performance_data(self) -> String {
        let threshold = |number: Option<i64>| {
            number.map_or_else(String::new, |number| {
                if self.is_minimum {
                    format!("{number}:")
                } else {
                    number.to_string()
                }
            })
        };
        let text = format!(
            "{}{};{};{}",
            self.number,
            self.unit,
            threshold(self.warning),
            threshold(self.critical)
        );
        text.trim_end_matches(';').to_owned()
    }
}

fn saturate(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
