//! Checks of the containers of a task: each one, and all of them together.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Code, Diagnostic, Scope};

use super::container::{Container, StartCondition};
use super::size::FargateSize;

/// The named containers of a task, in the order of the program.
pub(super) type Containers = [(String, Container)];

/// Reports what ECS would refuse, and what cannot work.
pub(super) fn check(scope: &Scope, size: FargateSize, volumes: &[String], containers: &Containers) {
    names(scope, containers);
    ports(scope, containers);
    order(scope, containers);
    resources(scope, size, containers);
    for (name, container) in containers {
        container.image.check(scope);
        settings(scope, name, container, volumes);
        variables(scope, name, container);
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>
fn names(scope: &Scope, containers: &Containers) {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let mut seen = BTreeSet::new();
    for (name, _) in containers {
        if !(1..=255).contains(&name.len()) || !name.chars().all(allowed) {
            let error = Diagnostic::error(Code::ContainerName, "a container cannot have this name");
            scope.report(error.got(format!("{name:?}")).allowed("1 to 255 letters, digits, `-` and `_`"));
        } else if !seen.insert(name) {
            let error = Diagnostic::error(Code::ContainerName, format!("two containers have the name `{name}`"));
            scope.report(error.help("give each container of the task a name of its own"));
        }
    }
    if !containers.iter().any(|(_, container)| container.essential) {
        let message = "no container of the task is essential";
        let error = Diagnostic::error(Code::NoEssentialContainer, message);
        scope.report(error.help("add a container without `not_essential()`: the task runs as long as it does"));
    }
}

fn ports(scope: &Scope, containers: &Containers) {
    let mut taken: BTreeMap<(u16, bool), &String> = BTreeMap::new();
    for (name, container) in containers {
        for port in &container.ports {
            let label = format!("{} {}", if port.udp { "UDP" } else { "TCP" }, port.number);
            if port.number == 0 {
                setting(scope, name, "the port 0", "1 to 65535");
            } else if let Some(first) = taken.insert((port.number, port.udp), name) {
                let message = format!("two containers of the task listen on {label}");
                let error = Diagnostic::error(Code::RepeatedPort, message).got(format!("`{first}` and `{name}`"));
                scope.report(
                    error.help("the containers of a task share one network interface: change one of the ports"),
                );
            }
        }
    }
}

fn order(scope: &Scope, containers: &Containers) {
    let refuse = |got: String, help: &str| {
        let error = Diagnostic::error(Code::ContainerOrder, "the containers of the task cannot start in this order");
        scope.report(error.got(got).help(help));
    };
    let find = |name: &str| containers.iter().find(|(other, _)| other == name).map(|(_, container)| container);
    for (name, container) in containers {
        for (other, condition) in &container.depends_on {
            let got = format!("`{name}` waits for `{other}`");
            match (find(other), condition) {
                (None, _) => {
                    let known: Vec<_> = containers.iter().map(|(name, _)| format!("`{name}`")).collect();
                    refuse(got, &format!("name a container of the task: {}", known.join(", ")));
                }
                (Some(it), StartCondition::Completed | StartCondition::Succeeded) if it.essential => {
                    let help = format!("declare `{other}` with `not_essential()`: the task stops when it ends");
                    refuse(format!("{got}, which is essential, to end"), &help);
                }
                (Some(it), StartCondition::Healthy) if it.health_check.is_none() => {
                    refuse(format!("{got}, which has no health check, to be healthy"), "add `health_check(…)` to it");
                }
                _ => {}
            }
        }
    }
    if let Some(circle) = circle(containers) {
        refuse(format!("{} in a circle", circle.join(" → ")), "remove one of the dependencies");
    }
}

/// Returns the names of containers that wait for each other in a circle, the first one at both ends.
fn circle(containers: &Containers) -> Option<Vec<String>> {
    let next: BTreeMap<&str, Vec<&str>> = containers
        .iter()
        .map(|(name, it)| (name.as_str(), it.depends_on.iter().map(|(other, _)| other.as_str()).collect()))
        .collect();
    let mut finished = BTreeSet::new();
    containers.iter().find_map(|(name, _)| visit(name, &next, &mut Vec::new(), &mut finished))
}

fn visit<'a>(
    name: &'a str,
    next: &BTreeMap<&'a str, Vec<&'a str>>,
    path: &mut Vec<&'a str>,
    finished: &mut BTreeSet<&'a str>,
) -> Option<Vec<String>> {
    if let Some(start) = path.iter().position(|other| *other == name) {
        return Some(path[start..].iter().chain([&name]).map(|name| format!("`{name}`")).collect());
    }
    if finished.contains(name) {
        return None;
    }
    path.push(name);
    let found = next.get(name).into_iter().flatten().find_map(|other| visit(other, next, path, finished));
    path.pop();
    finished.insert(name);
    found
}

fn resources(scope: &Scope, size: FargateSize, containers: &Containers) {
    let sum =
        |of: fn(&Container) -> Option<u32>| containers.iter().filter_map(|(_, it)| of(it)).map(u64::from).sum::<u64>();
    let cpu = sum(|container| container.cpu_units);
    let memory = sum(|container| container.memory_reservation_mib.or(container.memory_mib));
    let refuse = |got: String, allowed: String| {
        let error = Diagnostic::error(Code::ContainerResources, "the containers need more than the task has");
        scope.report(error.got(got).allowed(allowed).help("use a larger size, or let the containers share the task"));
    };
    if cpu > u64::from(size.cpu_units()) {
        refuse(format!("{cpu} CPU units"), format!("{} of {size}", size.cpu_units()));
    }
    let largest = containers.iter().filter_map(|(_, it)| it.memory_mib).max().unwrap_or_default();
    let memory = memory.max(u64::from(largest));
    if memory > u64::from(size.memory_mib()) {
        refuse(format!("{memory} MiB"), format!("{} MiB of {size}", size.memory_mib()));
    }
    for (name, container) in containers {
        if let (Some(hard), Some(soft)) = (container.memory_mib, container.memory_reservation_mib)
            && soft > hard
        {
            let got = format!("a reservation of {soft} MiB with at most {hard} MiB");
            setting(scope, name, &got, "a reservation below the limit");
        }
    }
}

fn setting(scope: &Scope, name: &str, got: &str, allowed: &str) {
    let error = Diagnostic::error(Code::ContainerSetting, format!("the container `{name}` cannot have this setting"));
    scope.report(error.got(got).allowed(allowed));
}

fn settings(scope: &Scope, name: &str, container: &Container, volumes: &[String]) {
    let seconds = |label: &str, value: u16, from: u16, to: u16| {
        if !(from..=to).contains(&value) {
            setting(scope, name, &format!("{label} of {value} seconds"), &format!("{from} to {to} seconds"));
        }
    };
    if let Some(check) = &container.health_check {
        seconds("an interval of health checks", check.interval_seconds, 5, 300);
        seconds("a timeout of health checks", check.timeout_seconds, 2, 60);
        seconds("a start period", check.start_period_seconds, 0, 300);
        if !(1..=10).contains(&check.retries) {
            setting(scope, name, &format!("{} retries of the health check", check.retries), "1 to 10");
        }
    }
    if let Some(value) = container.start_timeout_seconds {
        seconds("a start timeout", value, 1, 120);
    }
    if let Some(value) = container.stop_timeout_seconds {
        seconds("a stop timeout", value, 1, 120);
    }
    for (limit, soft, hard) in container.ulimits.iter().filter(|(_, soft, hard)| soft > hard) {
        let got = format!("the soft limit {soft} of `{}` above the hard limit {hard}", limit.as_str());
        setting(scope, name, &got, "a soft limit up to the hard one");
    }
    for mount in &container.mounts {
        if !mount.directory.starts_with('/') {
            setting(scope, name, &format!("the directory {:?}", mount.directory), "an absolute path");
        }
        if let Some(volume) = mount.volume.as_ref().filter(|volume| !volumes.contains(volume)) {
            let known: Vec<_> = volumes.iter().map(|volume| format!("`{volume}`")).collect();
            let allowed =
                if known.is_empty() { "none is declared with `volume(…)`".to_owned() } else { known.join(", ") };
            setting(scope, name, &format!("the volume `{volume}`"), &allowed);
        }
    }
}

fn variables(scope: &Scope, name: &str, container: &Container) {
    let secret = container.secrets.iter().map(|variable| &variable.name);
    let mut seen = BTreeSet::new();
    for variable in container.variables.iter().map(|(variable, _)| variable).chain(secret) {
        if variable.is_empty() || variable.contains(['=', '\0']) {
            setting(scope, name, &format!("the variable {variable:?}"), "a name without `=`");
        } else if !seen.insert(variable) {
            setting(scope, name, &format!("the variable `{variable}` twice"), "each variable once");
        }
    }
    for (variable, value) in &container.variables {
        if let Some(value) = value.known().filter(|value| seems_secret(variable, value)) {
            let shown = if has_password(value) { "a URL with a password" } else { "a value" };
            scope.report(
                Diagnostic::warning(
                    Code::PlainSecret,
                    format!("the variable `{variable}` of the container `{name}` seems to contain a secret"),
                )
                .got(format!("{shown}, in plain text"))
                .help("keep the value in Secrets Manager, and pass it with `secret` or `secret_key`"),
            );
        }
    }
}

/// Returns true for a URL with a password, and for a variable whose name says that it is a secret.
fn seems_secret(variable: &str, value: &str) -> bool {
    const ENDS: [&str; 6] = ["PASSWORD", "PASSWD", "SECRET", "SECRET_KEY", "API_KEY", "PRIVATE_KEY"];
    let name = variable.to_ascii_uppercase();
    let named = ENDS.iter().any(|end| name.ends_with(end)) || name.ends_with("_TOKEN");
    has_password(value) || (named && !value.is_empty())
}

fn has_password(value: &str) -> bool {
    let user = value.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()?.rsplit_once('@'));
    user.and_then(|(user, _)| user.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
}
