//! The hints of the engine and of diagnostics in the words of this command line: its commands and options.

use std::borrow::Cow;
use std::fmt::Display;

use groundplan_core::Code;
use groundplan_engine::hint::{Hint, Hints};

/// What to do about an error, the least harmful first; each a line.
pub(crate) fn all(error: &(impl Hints + ?Sized)) -> Vec<String> {
    error.hints().iter().map(text).collect()
}

/// A word as a shell takes it.
fn word(text: &impl Display) -> String {
    let text = text.to_string();
    shlex::try_quote(&text).map_or_else(|_| text.clone(), Cow::into_owned)
}

/// A hint as a line.
pub(crate) fn text(hint: &Hint) -> String {
    match hint {
        Hint::CheckStateLocation => {
            "check that this is the location of the state; `--state URL` names another one".into()
        }
        Hint::UseState { url } => {
            format!("use the state there, with `--state {}` or with `.state(\"{url}\")` in the program", word(url))
        }
        Hint::FinishMove { url } => format!(
            "if both places name each other, a move of the state was cut short; `state migrate {}` completes it",
            word(url)
        ),
        Hint::KeepStateElsewhere => "`--state file:DIR` keeps the state in another place, on this machine".into(),
        Hint::PutStateBack => "put the right state back in its place, for example from a backup".into(),
        Hint::RestoreState { serial: Some(serial) } => {
            format!("`state restore {serial}` puts the newest earlier state back")
        }
        Hint::RestoreState { serial: None } => {
            "`state restore` lists the earlier states, and `state restore N` puts one of them back".into()
        }
        Hint::AcceptState { serial, drops_journal: false } => {
            format!("`state restore {serial}` accepts the state that is there now")
        }
        Hint::AcceptState { serial, drops_journal: true } => {
            format!("`state restore {serial}` accepts the state that is there now, and drops the journal")
        }
        Hint::PullState => "`state pull` writes the current state, to edit that".into(),
        Hint::PushState { force: false } => "`state push FILE` puts the state back from a backup".into(),
        Hint::PushState { force: true } => {
            "if the state in a file is to replace it all the same, `state push FILE --force` writes it".into()
        }
        Hint::NewState => "`--new-state` starts over with a new state, and leaves what exists alone".into(),

        Hint::ForgetResource { path, app: None } => {
            format!("`state rm {}` takes {path} out of the state, and leaves it in the account", word(path))
        }
        Hint::ForgetResource { path, app: Some(app) } => {
            format!("`state rm {}` of `{app}` takes it out of the state of that app", word(path))
        }
        Hint::MoveInState { from, to } => {
            format!("`state mv {} {}` moves it to that path in the state", word(from), word(to))
        }
        Hint::InspectOpenCreate { path } => {
            format!("`state show {}` says how to look for the resource in the account", word(path))
        }
        Hint::DropOpenCreate { path } => {
            format!("`state rm --open {}` drops the open create; the resource may exist", word(path))
        }
        Hint::DropRetained { path } => {
            format!("if nothing needs {path} any more, `state rm --retained {}` drops its record", word(path))
        }
        Hint::Import { path, id, new_state } => {
            let id = id.as_ref().map_or_else(|| "ID".into(), word);
            let first = if *new_state { "; the first import needs `--new-state`" } else { "" };
            match path {
                Some(path) => format!("`import {} {id}` adopts what exists as {path}{first}", word(path)),
                None => format!("`import PATH {id}` adopts a resource that exists{first}"),
            }
        }
        Hint::TakeOwnership => "if nobody else manages it, `--take-ownership` imports it whatever its tags say".into(),

        Hint::PlanAgain => "make a new plan with `plan --out FILE`, or run the command without a saved plan".into(),
        Hint::FinishOpen => "`deploy` finds out what an earlier run has left open, and finishes it".into(),
        Hint::WaitAgain => "it may become ready by itself: the next run waits for it again".into(),
        Hint::Refresh => {
            "`deploy --refresh` reads every resource first, records what has changed, and makes again what is gone"
                .into()
        }
        Hint::IncludePaths { paths } => {
            let paths: Vec<_> = paths.iter().map(|path| format!("--only {}", word(path))).collect();
            format!("to include what is left out, add `{}`", paths.join(" "))
        }
        Hint::SkipFinalSnapshot => "`--skip-final-snapshot` deletes without taking a final snapshot".into(),
        Hint::AllowDataLoss => "if the data may be lost, allow that with `--delete-data`".into(),

        Hint::WaitForLock { expires: false } => "`--lock-timeout 10m` waits for the lock".into(),
        Hint::WaitForLock { expires: true } => {
            "`--lock-timeout 10m` waits for the lock, and takes it over where that run has died".into()
        }
        Hint::TakeLockAway => "if that run hangs, `force-unlock` of that app takes the lock away".into(),

        Hint::ConfigureCredentials => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name in AWS_PROFILE a profile that exists, and run \
             `aws sso login` where it needs that"
                .into()
        }
        Hint::RenewCredentials => "renew the credentials, for example with `aws sso login`, and run it again".into(),
        Hint::CheckCredentials => "check the credentials, for example with `aws sts get-caller-identity`".into(),
        Hint::AllowCall { operation: Some(operation) } => format!("the credentials have to allow `{operation}`"),
        Hint::AllowCall { operation: None } => "the credentials have to allow this call".into(),
        Hint::ReachTarget => "check that the target can be reached from here".into(),
        Hint::ReachState => "check that the location of the state can be reached from here".into(),
        Hint::UseSimulation => "`--target sandbox` needs neither credentials nor a network".into(),
        Hint::FreeSpace => "make room there and run it again: it goes on where it stopped".into(),
        Hint::AllowWriting => "this user has to be able to write there".into(),
    }
}

/// What to do about a diagnostic with this code, where that takes a command.
pub(crate) fn of_code(code: Code) -> Option<&'static str> {
    match code {
        Code::UnknownCode => Some("`explain` lists the codes"),
        Code::InvalidMove => {
            Some("`state mv FROM TO` moves a resource in the state, without a statement in the program")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use groundplan_engine::Error;

    use super::*;

    #[test]
    fn what_a_hint_quotes_is_one_word_of_a_shell() {
        let import = Hint::Import { path: Some("a/b".into()), id: Some("x|y z".into()), new_state: false };
        assert_eq!(text(&import), "`import a/b 'x|y z'` adopts what exists as a/b");
        let only = Hint::IncludePaths { paths: vec!["a/b".into(), "a/$(c)".into()] };
        assert_eq!(text(&only), "to include what is left out, add `--only a/b --only 'a/$(c)'`");
    }

    #[test]
    fn the_least_harmful_way_out_comes_first() {
        let absent = |restore| Error::Absent { place: "here".into(), evidence: Vec::new(), restore };
        let check = "check that this is the location of the state; `--state URL` names another one";
        let new = "`--new-state` starts over with a new state, and leaves what exists alone";
        assert_eq!(all(&absent(Some(2))), [check, "`state restore 2` puts the newest earlier state back", new]);
        assert_eq!(all(&absent(None)), [check, "`state push FILE` puts the state back from a backup", new]);
    }
}
