//! `doctor`: checks the prerequisites of a deploy.

use std::fmt::Display;

use groundplan_core::Environment;
use groundplan_engine::provider::Identity;
use groundplan_engine::{Hint, Hints};
use serde_json::json;

use crate::context::Context;
use crate::credentials;
use crate::error::{CommandError, Exit};
use crate::render::{count, hint};
use crate::style::{CREATE, DELETE, paint};
use crate::target::{Access, Target};

/// A reason why a deploy would fail.
#[derive(Clone)]
struct Problem {
    message: String,
    hints: Vec<String>,
}

impl Problem {
    fn of(error: &(impl Display + Hints)) -> Self {
        Self { message: error.to_string(), hints: hint::all(error) }
    }
}

pub(crate) async fn run(context: &Context<'_>) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let configured = credentials::configured(context.host);
    let stacks = &context.synthesis.assembly.stacks;
    let (identity, roles) = match destination.connect(Access::Read).await {
        Ok(provider) => {
            let identity = provider.identity().await.map_err(|error| Problem::of(&error));
            let mut roles = Vec::new();
            for (stack, environment) in stacks.iter().filter(|(_, environment)| environment.role.is_some()) {
                let assumed = provider.identity_in(environment).await;
                roles.push((stack, environment, assumed.map_err(|error| Problem::of(&error))));
            }
            (identity, roles)
        }
        Err(CommandError { message, hints, .. }) => (Err(Problem { message, hints }), Vec::new()),
    };
    let state = destination.load().await;
    let own = stacks.values().filter(|environment| environment.role.is_none());
    let pins = own.filter_map(|environment| environment.account.as_ref());
    let foreign = |identity: &Identity| pins.clone().find(|account| **account != identity.account);

    let credentials = match (&destination.target, configured) {
        (Target::Sandbox { .. }, _) => Ok("none are needed".to_owned()),
        (_, Some(place)) => Ok(format!("configured by {place}")),
        (_, None) => Ok("none configured; an instance role may exist".to_owned()),
    };
    let account = match &identity {
        Ok(identity) => match foreign(identity) {
            Some(pinned) => {
                let message = format!(
                    "the app is pinned to account {pinned}, but the credentials belong to account {}",
                    identity.account
                );
                let hint = hint::text(&Hint::UseAccount { account: pinned.clone() });
                Err(Problem { message, hints: vec![hint] })
            }
            None => Ok(identity.account.clone()),
        },
        Err(error) => Err(error.clone()),
    };
    let state = match state {
        Ok(loaded) => {
            let resources = count(loaded.state.resources.len(), "resource");
            Ok(format!("{}, serial {}, {resources}", destination.place.display(), loaded.state.serial))
        }
        Err(CommandError { message, hints, .. }) => Err(Problem { message, hints }),
    };
    let role = |(stack, environment, assumed): &(&String, &Environment, Result<Identity, Problem>)| {
        let arn = environment.role.as_ref().map_or("", |role| role.arn.as_str());
        let finding = match assumed {
            Ok(identity) if Some(&identity.account) == environment.account.as_ref() => Ok(arn.to_owned()),
            Ok(identity) => {
                Err(Problem { message: format!("{arn} belongs to account {}", identity.account), hints: Vec::new() })
            }
            Err(Problem { message, hints }) => {
                Err(Problem { message: format!("{arn} cannot be assumed: {message}"), hints: hints.clone() })
            }
        };
        (format!("role of {stack}"), finding)
    };
    let mut findings = vec![
        ("target".to_owned(), Ok(destination.target.name().to_owned())),
        ("credentials".to_owned(), credentials),
        ("account".to_owned(), account),
    ];
    findings.extend(roles.iter().map(role));
    findings.push(("state".to_owned(), state));
    for (subject, finding) in &findings {
        match finding {
            Ok(text) => context.terminal.print(format!("{} {subject}: {text}", paint(CREATE, "✓"))),
            Err(Problem { message, hints }) => {
                context.terminal.print(format!("{} {subject}: {message}", paint(DELETE, "✗")));
                context.terminal.hints(hints);
            }
        }
    }
    let document: serde_json::Map<_, _> = findings
        .iter()
        .map(|(subject, finding)| match finding {
            Ok(text) => (subject.clone(), json!({"ok": true, "detail": text})),
            Err(Problem { message, hints }) => {
                (subject.clone(), json!({"ok": false, "detail": message, "hints": hints}))
            }
        })
        .collect();
    context.terminal.print_json(&document);
    Ok(if findings.iter().all(|(_, finding)| finding.is_ok()) { Exit::Done } else { Exit::Failed })
}
