//! A plan: the changes, their reasons, and the data that is lost.
//!
//! Resources are shown as the tree that their paths are, one line each, with the change in the margin. A new resource
//! is shown with the facts that distinguish it from its neighbours, a changed one with the properties that differ.

use std::collections::BTreeMap;

use groundplan_core::{Assembly, Path, ResourceEntry, Synthesis, Value};
use groundplan_engine::diff::{
    Action, Change, ChangeSet, ImportChange, Order, OutputChange, PropertyChange, Reason, Rendered,
};
use groundplan_engine::planning::Planned;
use groundplan_engine::reboot;
use groundplan_schema as schema;
use serde_json::Value as Json;

use crate::render::{Locations, column, count, diff, lookups, moves, named, short_type, value};
use crate::style::{self, BOLD, CHANGE, CREATE, DELETE, DIM, ERROR, INFO, NL, REPLACE, Style, padded, paint};

/// Properties that distinguish a resource from its neighbours, the most significant first.
const TELLING: [&str; 36] = [
    "CidrBlock",
    "Ipv6CidrBlock",
    "AvailabilityZone",
    "DestinationCidrBlock",
    "DestinationIpv6CidrBlock",
    "IpProtocol",
    "FromPort",
    "ToPort",
    "CidrIp",
    "CidrIpv6",
    "ServiceName",
    "VpcEndpointType",
    "Engine",
    "EngineVersion",
    "DBInstanceClass",
    "CacheNodeType",
    "InstanceType",
    "AllocatedStorage",
    "MultiAZ",
    "Family",
    "Cpu",
    "Memory",
    "DesiredCount",
    "BucketName",
    "RoleName",
    "PolicyName",
    "AliasName",
    "LogGroupName",
    "RetentionInDays",
    "TableName",
    "QueueName",
    "TopicName",
    "DomainName",
    "Type",
    "Name",
    "Port",
];

/// Properties that describe a resource in words: shown if no other property distinguishes it.
const DESCRIBING: [&str; 2] = ["GroupDescription", "Description"];

/// The maximum number of facts in a line.
const FACTS: usize = 4;

/// The width of the margin with the symbol of a change.
const MARGIN: usize = 4;

/// The room for the remarks after the type.
const REMARKS: usize = 24;

/// A plan and the way it is shown.
pub(crate) struct PlanView<'a> {
    pub(crate) changes: &'a ChangeSet,
    /// The changed resources that are not deployed, because only a part was requested.
    pub(crate) left_out: &'a [Path],
    /// The final snapshots of stateful resources: the resource with its identifier, and the name of the snapshot.
    pub(crate) snapshots: BTreeMap<(&'a Path, &'a str), &'a str>,
    /// The desired properties; `None` if everything is destroyed.
    pub(crate) assembly: Option<&'a Assembly>,
    /// The lines of the program that added each resource.
    pub(crate) locations: Option<&'a Locations>,
    /// `true` to show all properties of new resources.
    pub(crate) full: bool,
    /// The width of the terminal, if there is one.
    pub(crate) columns: Option<usize>,
}

impl<'a> PlanView<'a> {
    /// Returns the view of a plan for `program`, which is `None` if everything is destroyed.
    pub(crate) fn new(planned: &'a Planned, program: Option<&'a Synthesis>) -> Self {
        Self {
            changes: &planned.changes,
            left_out: &planned.left_out,
            snapshots: planned.plan.final_snapshots().collect(),
            assembly: program.map(|program| &program.assembly),
            locations: program.map(|program| &program.locations),
            full: false,
            columns: None,
        }
    }

    /// A plan that was saved. Where its resources are in the program of today says nothing about it.
    pub(crate) fn of_saved(planned: &'a Planned) -> Self {
        Self { assembly: planned.plan.assembly.as_ref(), ..Self::new(planned, None) }
    }
}

impl PlanView<'_> {
    /// The whole plan, without a line feed at the end.
    pub(crate) fn render(&self) -> String {
        let mut text = self.tree();
        text += &self.deposed();
        text += &self.imports();
        text += &self.lookups();
        text += &self.outputs();
        text += &self.moves();
        text += &self.losses();
        text += &self.summary();
        if !self.left_out.is_empty() {
            text += &format!("{NL}{}", self.left_out());
        }
        text
    }

    /// `Left out: 3 resources with changes: shop/media, shop/vpc, …`.
    pub(crate) fn left_out(&self) -> String {
        let head = paint(BOLD, "Left out:");
        format!("{head} {}: {}", count(self.left_out.len(), "changed resource"), named(self.left_out))
    }

    fn tree(&self) -> String {
        let shown: Vec<&Change> =
            self.changes.changes.values().filter(|change| change.action != Action::NoOp).collect();
        let depth = |path: &Path| path.as_str().matches('/').count();
        let columns = self.columns.unwrap_or(usize::MAX);
        let names = shown.iter().map(|change| 2 * depth(&change.path) + change.path.name().chars().count());
        let name_width = column(names, columns / 2);
        let types = shown.iter().map(|change| short_type(&change.type_name).chars().count());
        // Where facts have no room behind the widest type, they follow each type.
        let most = columns.saturating_sub(MARGIN + name_width + REMARKS);
        let type_width = types.max().filter(|width| *width <= most).unwrap_or(0);
        let mut text = String::new();
        let mut open: Vec<Path> = Vec::new();
        for change in &shown {
            for scope in scopes(&change.path) {
                if !open.contains(&scope) && !shown.iter().any(|other| other.path == scope) {
                    let name = paint(BOLD, scope.name());
                    text += &format!("{:1$}{name}{NL}", "", MARGIN + 2 * depth(&scope));
                    open.push(scope);
                }
            }
            let indent = 2 * depth(&change.path);
            let (symbol, style) = match change.action {
                _ if change.protected => ("!", ERROR),
                _ if change.may_update() => ("~?", CHANGE),
                action => symbol(action),
            };
            let type_name = short_type(&change.type_name);
            let line = format!(
                "{}{:indent$}{}  {type_name:type_width$}  {}",
                padded(style, &format!("{symbol:>3}"), MARGIN),
                "",
                padded(BOLD, change.path.name(), name_width.saturating_sub(indent)),
                self.remarks(change),
            );
            text += line.trim_end();
            text.push_str(&NL);
            text += &self.properties(change, MARGIN + indent + 2);
        }
        if !text.is_empty() {
            text.push_str(&NL);
        }
        text
    }

    /// Returns the remarks after the type: the facts about a new resource, the reasons for any other change.
    fn remarks(&self, change: &Change) -> String {
        let mut badges = String::new();
        let loses_data = change.data_loss && !change.protected;
        for (shown, badge) in [(loses_data, "DATA LOSS"), (change.protected, "PROTECTED")] {
            if shown {
                badges += &format!("{}  ", style::badge(badge));
            }
        }
        let mut remarks = Vec::new();
        match change.action {
            // The plan says what happens: nothing, until the protection is removed.
            Action::Replace(_) if change.protected => remarks.push(paint(ERROR, "is not replaced")),
            Action::Delete if change.protected => remarks.push(paint(ERROR, "is not deleted")),
            Action::Replace(Order::CreateFirst) => remarks.push(paint(REPLACE, "the new one is created first")),
            Action::Replace(Order::DeleteFirst) => remarks.push(paint(REPLACE, "the old one is deleted first")),
            Action::Keep => remarks.push(paint(CHANGE, "is kept")),
            Action::Retain | Action::Forget => remarks.push(paint(CHANGE, "stays in the account")),
            Action::Resume => remarks.push(paint(INFO, "is waited for")),
            Action::Create => remarks.extend(self.entry(change).and_then(facts)),
            Action::Update | Action::Delete | Action::Move | Action::Record | Action::NoOp => {}
        }
        if let Some(from) = &change.moved_from {
            remarks.push(format!("moved from {from}"));
        }
        // What properties say for themselves, and what goes without saying, is not repeated.
        let spoken = |reason: &&Reason| {
            !matches!(
                reason,
                Reason::New
                    | Reason::Destroyed
                    | Reason::Changed { .. }
                    | Reason::MayReplace { .. }
                    | Reason::Forces { .. }
                    | Reason::NotYetKnown { .. }
            )
        };
        remarks.extend(change.reasons.iter().filter(spoken).map(|reason| paint(DIM, reason)));
        badges + &remarks.join(&paint(DIM, ", "))
    }

    fn entry(&self, change: &Change) -> Option<&ResourceEntry> {
        self.assembly.and_then(|assembly| assembly.resources.get(&change.path))
    }

    fn properties(&self, change: &Change, indent: usize) -> String {
        if let (Action::Create, true, Some(entry)) = (change.action, self.full, self.entry(change)) {
            let known = schema::lookup(&entry.type_name);
            let line = |(name, value): (&String, &Value)| {
                let cursor = known.map(|known| known.cursor().key(name));
                let value = value::value(value, cursor.as_ref(), indent + 2);
                format!("{:indent$}{} {name}: {value}{NL}", "", paint(CREATE, "+"))
            };
            return entry.properties.iter().map(line).collect();
        }
        let line = |property: &PropertyChange| {
            let note = self.reboot(change, &property.property);
            diff::property(property, note, indent)
        };
        change.properties.iter().map(line).collect()
    }

    /// Returns the reboot or restart that a change in place waits for.
    fn reboot(&self, change: &Change, property: &str) -> Option<String> {
        let needs =
            schema::lookup(&change.type_name)?.needs_reboot(property).filter(|_| change.action == Action::Update)?;
        let is_set = |name: &str| self.entry(change)?.properties.get(name)?.as_bool();
        let at_once = needs.at_once.filter(|(name, _)| is_set(name) == Some(true));
        if let Some((_, effect)) = at_once {
            return Some(effect.to_owned());
        }
        let action = |path: &Path| self.changes.changes.get(path).map(|change| change.action);
        let stays = |path: &Path| !matches!(action(path), Some(Action::Create | Action::Replace(_)));
        let instances = self.assembly.map(|assembly| reboot::instances(assembly, &change.path)).unwrap_or_default();
        let name = |(path, at_once): &(&Path, bool)| match (at_once, action(path)) {
            (true, Some(Action::Update)) => format!("{path} is rebooted by this deploy"),
            // It is in no part of the program that was asked for.
            (true, _) => format!("{path} is rebooted by the next deploy of the whole app"),
            (false, _) => format!("{path} needs a reboot"),
        };
        let named: Vec<_> = instances.iter().filter(|(path, _)| stays(path)).map(name).collect();
        let named = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
        Some(format!("{}{named}", needs.effect))
    }

    fn deposed(&self) -> String {
        if self.changes.deposed.is_empty() {
            return String::new();
        }
        let line = |old: &groundplan_engine::diff::DeposedChange| {
            let badges = [(old.data_loss && !old.protected, "DATA LOSS"), (old.protected, "PROTECTED")];
            let badges = badges.into_iter().filter(|(shown, _)| *shown);
            let badges: String = badges.map(|(_, badge)| format!("  {}", style::badge(badge))).collect();
            format!(
                "{}{}  {}  {}{badges}{NL}",
                if old.protected { padded(ERROR, "  !", MARGIN) } else { padded(DELETE, "  -", MARGIN) },
                old.path,
                short_type(&old.type_name),
                old.id
            )
        };
        let lines: String = self.changes.deposed.iter().map(line).collect();
        format!("{}{NL}{lines}{NL}", paint(BOLD, "left over from earlier runs"))
    }

    fn imports(&self) -> String {
        if self.changes.imports.is_empty() {
            return String::new();
        }
        let line = |(name, change): (&String, &ImportChange)| {
            let rendered = |value: &Option<Json>| value.clone().map_or(Rendered::Absent, Rendered::Known);
            diff::between(name, &rendered(&change.from), &rendered(&change.to), None, "", MARGIN)
        };
        let lines: String = self.changes.imports.iter().map(line).collect();
        format!("{}{NL}{lines}{NL}", paint(BOLD, "values of other apps"))
    }

    fn lookups(&self) -> String {
        if self.changes.lookups.is_empty() {
            return String::new();
        }
        format!("{}{NL}{}{NL}", paint(BOLD, "lookups"), lookups::changes(&self.changes.lookups, MARGIN))
    }

    fn outputs(&self) -> String {
        if self.changes.outputs.is_empty() {
            return String::new();
        }
        let line = |(name, change): (&String, &OutputChange)| match change {
            OutputChange::Removed => format!("{:MARGIN$}{} {name}{NL}", "", paint(DELETE, "-")),
            OutputChange::Set { from, to } => {
                let from = from.clone().map_or(Rendered::Absent, Rendered::Known);
                let declared = self.assembly.and_then(|assembly| assembly.outputs.get(name));
                let because = declared.and_then(|value| value.references().first().copied());
                diff::between(name, &from, to, because, "", MARGIN)
            }
        };
        let lines: String = self.changes.outputs.iter().map(line).collect();
        format!("{}{NL}{lines}{NL}", paint(BOLD, "outputs"))
    }

    fn moves(&self) -> String {
        let hints = moves::hints(&self.changes.proposed_moves, self.locations);
        if hints.is_empty() { hints } else { hints + &*NL }
    }

    /// Everything whose data is lost, once more and in one place.
    fn losses(&self) -> String {
        let deposed = self.changes.deposed.iter().filter(|old| old.data_loss && !old.protected);
        let deposed = deposed.map(|old| (&old.path, old.type_name.as_str(), Some(old.id.as_str())));
        let before = |change: &'_ Change| {
            change.reasons.iter().find_map(|reason| match reason {
                Reason::TypeChanged { from } => Some(from.clone()),
                _ => None,
            })
        };
        let changes = self.changes.changes.values().filter(|change| change.data_loss && !change.protected);
        let changes: Vec<_> = changes.map(|change| (change, before(change))).collect();
        let standing = changes
            .iter()
            .map(|(change, before)| (&change.path, before.as_deref().unwrap_or(change.type_name.as_str()), None));
        let mut lost: Vec<(&Path, &str, Option<&str>)> = deposed.chain(standing).collect();
        lost.sort_unstable();
        if lost.is_empty() {
            return String::new();
        }
        let head = format!("DATA LOSS: {} with all of its data", count(lost.len(), "resource"));
        let left_over: Vec<_> = self.changes.deposed.iter().map(|old| (&old.path, old.id.as_str())).collect();
        let snapshots = |path: &Path, of: &str, id: Option<&str>| {
            let is_of = |snapshot: &(&Path, &str)| {
                snapshot.0 == path && id.map_or(!left_over.contains(snapshot), |id| id == snapshot.1)
            };
            let of_path = self.snapshots.iter().filter(|(of, _)| is_of(of));
            let names: Vec<_> = of_path.map(|(_, name)| format!("final snapshot {name}")).collect();
            match (names.is_empty(), schema::lookup(of).and_then(schema::ResourceType::final_snapshot)) {
                (true, None) => String::new(),
                (true, Some(_)) => "  no final snapshot".to_owned(),
                (false, _) => format!("  {}", names.join(", ")),
            }
        };
        let line = |(path, of, id): &(&Path, &str, Option<&str>)| {
            format!("  {path}  {}{}{NL}", short_type(of), snapshots(path, of, *id))
        };
        let lines: String = lost.iter().map(line).collect();
        format!("{}{NL}{}{NL}", style::badge(head), paint(DELETE, lines))
    }

    /// `Plan: 51 to create, 0 to change, 0 to replace, 0 to delete`, and what else there is to do.
    fn summary(&self) -> String {
        let ChangeSet { changes, deposed, .. } = self.changes;
        let number = |is: &dyn Fn(&Change) -> bool| changes.values().filter(|it| !it.protected && is(it)).count();
        let of = |action: Action| number(&|change| change.action == action);
        let left_over = deposed.iter().filter(|old| !old.protected).count();
        let always = [
            (of(Action::Create), "to create", CREATE),
            (number(&|change| change.action == Action::Update && !change.may_update()), "to change", CHANGE),
            (number(&Change::may_update), "to possibly change", CHANGE),
            (number(&|change| matches!(change.action, Action::Replace(_))), "to replace", REPLACE),
            (of(Action::Delete) + left_over, "to delete", DELETE),
        ];
        let protected = changes.values().filter(|it| it.protected).count() + deposed.len() - left_over;
        let others = [
            (of(Action::Move), "to move", INFO),
            (of(Action::Resume), "to wait for", INFO),
            (of(Action::Record), "to update in the state only", INFO),
            (of(Action::Retain), "to leave in the account", CHANGE),
            (of(Action::Forget), "to remove from the state only", CHANGE),
            (protected, "protected, so that a deploy is refused", ERROR),
        ];
        let part = |&(number, what, style): &(usize, &str, Style)| {
            let text = format!("{number} {what}");
            if number == 0 { text } else { paint(style, text) }
        };
        let shown = |&(number, what, _): &(usize, &str, Style)| number > 0 || what != "to possibly change";
        let parts = always.iter().filter(|it| shown(it)).chain(others.iter().filter(|(number, ..)| *number > 0));
        format!("{} {}", paint(BOLD, "Plan:"), parts.map(part).collect::<Vec<_>>().join(", "))
    }
}

/// The scopes that a path lies in, outermost first.
fn scopes(path: &Path) -> Vec<Path> {
    let mut scopes: Vec<_> = std::iter::successors(path.parent(), Path::parent).collect();
    scopes.reverse();
    scopes
}

pub(crate) fn symbol(action: Action) -> (&'static str, Style) {
    match action {
        Action::Create => ("+", CREATE),
        Action::Update => ("~", CHANGE),
        Action::Replace(Order::CreateFirst) => ("+/-", REPLACE),
        Action::Replace(Order::DeleteFirst) => ("-/+", REPLACE),
        Action::Delete => ("-", DELETE),
        Action::Retain | Action::Forget => ("x", CHANGE),
        Action::Move => ("→", INFO),
        Action::Record => ("·", INFO),
        Action::Resume => ("»", INFO),
        Action::Keep | Action::NoOp => ("", DIM),
    }
}

/// Returns the properties that distinguish a new resource from its neighbours.
fn facts(entry: &ResourceEntry) -> Option<String> {
    let plain = |value: &Value| match value {
        Value::String(text) if text.chars().count() <= 48 => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let fact = |name: &&str| match (*name, entry.properties.get(*name)?) {
        ("FromPort", value) => port_range(value, entry.properties.get("ToPort")),
        ("ToPort", _) => None,
        ("MultiAZ", value) => (value.as_bool() == Some(true)).then(|| "multi-AZ".to_owned()),
        ("AllocatedStorage", value) => plain(value).map(|size| format!("{size} GB")),
        ("RetentionInDays", value) => plain(value).map(|days| format!("{days} days")),
        (_, value) => plain(value),
    };
    let mut facts: Vec<_> = TELLING.iter().filter_map(fact).take(FACTS).collect();
    if facts.is_empty() {
        facts.extend(DESCRIBING.iter().find_map(|name| plain(entry.properties.get(*name)?)));
    }
    (!facts.is_empty()).then(|| paint(DIM, facts.join(" · ")))
}

fn port_range(from: &Value, to: Option<&Value>) -> Option<String> {
    let (from, to) = (from.as_i64()?, to.and_then(Value::as_i64));
    Some(match to.filter(|to| *to != from) {
        Some(to) => format!("ports {from}–{to}"),
        None => format!("port {from}"),
    })
}
