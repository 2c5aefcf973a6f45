//! Functions that format output for people.

pub(crate) mod diagnostic;
pub(crate) mod diff;
pub(crate) mod document;
pub(crate) mod drift;
pub(crate) mod graph;
pub(crate) mod hint;
pub(crate) mod history;
pub(crate) mod kept;
pub(crate) mod lookups;
pub(crate) mod moves;
pub(crate) mod open;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod value;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::panic::Location;
use std::time::Duration;

use groundplan_core::Path;

/// The lines of the program that added each resource.
pub(crate) type Locations = BTreeMap<Path, Vec<&'static Location<'static>>>;

/// `AWS::EC2::Subnet` as `EC2::Subnet`.
pub(crate) fn short_type(type_name: &str) -> &str {
    type_name.strip_prefix("AWS::").unwrap_or(type_name)
}

/// `2m 05s`, `12.3s`, `40ms`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..60 => format!("{:.1}s", duration.as_secs_f64()),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// `1 resource`, `2 resources`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The width of a column whose cells are this wide: that of the widest one within `most`. Wider cells run over, instead
/// of moving all others.
pub(crate) fn column(cells: impl Iterator<Item = usize>, most: usize) -> usize {
    cells.filter(|width| *width <= most).max().unwrap_or(most)
}

/// The first few paths, and how many more there are.
pub(crate) fn named(paths: &[impl Display]) -> String {
    const NAMED: usize = 6;
    let first: Vec<_> = paths.iter().take(NAMED).map(ToString::to_string).collect();
    let more = paths.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}
