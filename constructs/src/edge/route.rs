//! Routes: the requests that a listener sends to a service.

use std::cell::RefCell;
use std::rc::Rc;

use groundplan_core::{Code, Diagnostic, Scope};
use groundplan_resources::elasticloadbalancingv2::listener_rule::{HostHeaderConfig, PathPatternConfig, RuleCondition};

/// The number of host names and paths per rule.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>
const VALUES: usize = 5;

/// The length of a host name or path.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html>
const LENGTH: usize = 128;

/// The priorities that AWS accepts.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html>
const PRIORITIES: std::ops::RangeInclusive<u16> = 1..=50_000;

/// The first priority that is allotted, the number of levels of precedence, and the priorities per level.
const FIRST: u16 = 1000;
const PATH_LEVELS: u16 = LENGTH as u16 + 3;
const SLOTS: u16 = 124;

/// The requests of a listener that go to a service: those with one of the hosts, if any are stated, and one of the
/// paths, if any are stated.
///
/// Of several routes that match a request, the most specific one receives it: a host name before a host name with
/// wildcards, before no host name; then a path without wildcards before the longest path with wildcards, before no path.
/// The priority of the rule follows from that, and not from the order of the program, so that a further route changes
/// the priority of no other one. [`priority`](Self::priority) overrides it.
///
/// ```
/// use groundplan_constructs::edge::Route;
/// let api = Route::new().host("api.example.com").path("/graphql/*");
/// let everything_else = Route::new();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Route {
    hosts: Vec<String>,
    paths: Vec<String>,
    priority: Option<u16>,
}

impl Route {
    /// Creates a route for all requests, which [`host`](Self::host) and [`path`](Self::path) narrow down.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a host name, such as `api.example.com`. `*` stands for any text, and `?` for any character.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        // Host names are not case-sensitive.
        self.hosts.push(host.into().to_ascii_lowercase());
        self
    }

    /// Adds a path, such as `/graphql/*`. `*` stands for any text, `/` included, and `?` for any character.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Sets the priority, from 1 to 50,000. The lowest one has precedence. Groundplan allots priorities from 1000 to
    /// 49,731, so a lower one has precedence over all routes without a priority. Routes of other apps that share the
    /// listener may have the same one, in which case AWS refuses the second rule.
    #[must_use]
    pub fn priority(mut self, priority: u16) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Returns the conditions of the rule, of which AWS requires at least one.
    pub(crate) fn conditions(&self) -> Vec<RuleCondition> {
        let mut conditions = Vec::new();
        if !self.hosts.is_empty() {
            let hosts = HostHeaderConfig::new().values(self.hosts.clone());
            conditions.push(RuleCondition::new().field("host-header").host_header_config(hosts));
        }
        if !self.paths.is_empty() || self.hosts.is_empty() {
            let paths = PathPatternConfig::new().values(self.all_paths());
            conditions.push(RuleCondition::new().field("path-pattern").path_pattern_config(paths));
        }
        conditions
    }

    fn all_hosts(&self) -> Vec<String> {
        if self.hosts.is_empty() { vec!["*".to_owned()] } else { self.hosts.clone() }
    }

    fn all_paths(&self) -> Vec<String> {
        if self.paths.is_empty() { vec!["/*".to_owned()] } else { self.paths.clone() }
    }

    /// Returns the level of precedence, from 0 for the most specific route. A route is as specific as the least specific
    /// of its hosts and paths.
    fn level(&self) -> u16 {
        let host = |host: &String| if host == "*" { 2 } else { u16::from(has_wildcard(host)) };
        let path = |path: &String| match path.find(['*', '?']) {
            None => 0,
            Some(_) if is_any_path(path) => PATH_LEVELS - 1,
            Some(literal) => (LENGTH - literal.min(LENGTH) + 1) as u16,
        };
        let host = self.all_hosts().iter().map(host).max().unwrap_or_default();
        let path = self.all_paths().iter().map(path).max().unwrap_or_default();
        host * PATH_LEVELS + path
    }

    /// Returns true if each request of `other` is also one of this route.
    fn covers(&self, other: &Self) -> bool {
        let all = |own: &[String], others: &[String]| {
            others.iter().all(|other| own.iter().any(|own| pattern_covers(own.as_bytes(), other.as_bytes())))
        };
        all(&self.all_hosts(), &other.all_hosts()) && all(&self.all_paths(), &other.all_paths())
    }

    fn check(&self, scope: &Scope) {
        let report = |got: String, allowed: &str| {
            let error = Diagnostic::error(Code::InvalidRoute, "a load balancer cannot have this route");
            scope.report(error.got(got).allowed(allowed));
        };
        let values = self.hosts.len() + self.paths.len();
        if values > VALUES {
            report(format!("{values} hosts and paths"), "up to 5 of both together; a service can have several routes");
        }
        let in_host = |letter: char| letter.is_ascii_alphanumeric() || "-.*?".contains(letter);
        let is_host = |host: &&String| {
            (1..=LENGTH).contains(&host.len()) && host.chars().all(in_host) && (host.contains('.') || *host == "*")
        };
        if let Some(host) = self.hosts.iter().find(|host| !is_host(host)) {
            let allowed = "a host name of up to 128 letters, digits, `-` and `.`, with the wildcards `*` and `?`";
            report(format!("the host {host:?}"), allowed);
        }
        let in_path = |letter: char| letter.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(letter);
        let is_path =
            |path: &&String| path.len() <= LENGTH && path.starts_with(['/', '*']) && path.chars().all(in_path);
        if let Some(path) = self.paths.iter().find(|path| !is_path(path)) {
            let allowed = "`/`, and then up to 127 letters, digits, `_-.$/~\"'@:+&`, with the wildcards `*` and `?`";
            report(format!("the path {path:?}"), allowed);
        }
        if let Some(priority) = self.priority.filter(|priority| !PRIORITIES.contains(priority)) {
            report(format!("the priority {priority}"), "1 to 50,000");
        }
    }

    fn label(&self) -> String {
        let hosts = self.all_hosts().join(", ");
        let paths = self.all_paths().join(", ");
        format!("host {hosts}, path {paths}")
    }
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn is_any_path(path: &str) -> bool {
    matches!(path, "*" | "/*")
}

/// Returns true if each text that `other` matches is also one that `own` matches. For patterns whose wildcards overlap
/// in a way that only an automaton would see, it returns false.
fn pattern_covers(own: &[u8], other: &[u8]) -> bool {
    match (own, other) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            pattern_covers(rest, other) || matches!(other, [_, after @ ..] if pattern_covers(own, after))
        }
        ([b'?', own @ ..], [first, other @ ..]) => *first != b'*' && pattern_covers(own, other),
        ([a, own @ ..], [b, other @ ..]) => a == b && pattern_covers(own, other),
        ([], _) | (_, []) => false,
    }
}

/// The routes of a listener that the program has placed so far.
#[derive(Clone, Default)]
pub(super) struct Routes(Rc<RefCell<Vec<Placed>>>);

struct Placed {
    route: Route,
    priority: u16,
    /// The path of the rule.
    at: String,
}

impl Routes {
    /// Places a route, and returns its priority. Reports an invalid route, and one of two routes that never receives a
    /// request.
    #[track_caller]
    pub(super) fn place(&self, scope: &Scope, name: &str, route: &Route) -> u16 {
        let at = format!("{}/{name}", scope.path());
        route.check(scope);
        let mut placed = self.0.borrow_mut();
        let priority = route.priority.unwrap_or_else(|| free_priority(route, &placed));
        for other in placed.iter() {
            let other_first = other.priority < priority;
            let (first, second) = if other_first { (&other.route, route) } else { (route, &other.route) };
            if other.priority != priority && first.covers(second) {
                let (idle, busy) = if other_first { (&at, &other.at) } else { (&other.at, &at) };
                scope.report(
                    Diagnostic::error(Code::ShadowedRoute, format!("the route of `{idle}` never receives a request"))
                        .got(format!("{}; the route of `{busy}` has precedence: {}", second.label(), first.label()))
                        .help("make the other route more specific, or remove one of the two"),
                );
            }
        }
        placed.push(Placed { route: route.clone(), priority, at });
        priority
    }
}

/// Returns a priority of the level of the route. It depends on the text of the route, so that other routes keep theirs
/// when one is added or removed.
fn free_priority(route: &Route, placed: &[Placed]) -> u16 {
    let text = [route.all_hosts().join(","), route.all_paths().join(",")].join(" ");
    // FNV-1a.
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let start = (hash % u64::from(SLOTS)) as u16;
    let base = FIRST + route.level() * SLOTS;
    let slots = (0..SLOTS).map(|step| base + (start + step) % SLOTS);
    let taken = |priority: &u16| placed.iter().any(|other| other.priority == *priority);
    slots.into_iter().find(|priority| !taken(priority)).unwrap_or(base + start)
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;
