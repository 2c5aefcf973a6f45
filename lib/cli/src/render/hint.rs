//! The hints of the engine and of diagnostics in the words of this command line: its commands and options.

use std::borrow::Cow;
use std::fmt::Display;

use groundplan_core::Code;
use groundplan_engine::hint::{Hint, Hints};

/// Returns the hints about an error, the least harmful first; one line each.
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
            "if both locations name each other, a move of the state was interrupted; `state migrate {}` completes it",
            word(url)
        ),
        Hint::KeepStateElsewhere => "`--state file:DIR` keeps the state in another directory of this machine".into(),
        Hint::PutStateBack => "put the right state back, for example from a backup".into(),
        Hint::RestoreState { serial: Some(serial) } => {
            format!("`state restore {serial}` restores the newest earlier state")
        }
        Hint::RestoreState { serial: None } => {
            "`state restore` lists the earlier states, and `state restore N` restores one of them".into()
        }
        Hint::AcceptState { serial, drops_journal: false } => {
            format!("`state restore {serial}` accepts the current state")
        }
        Hint::AcceptState { serial, drops_journal: true } => {
            format!("`state restore {serial}` accepts the current state, and drops the journal")
        }
        Hint::PullState => "`state pull` prints the current state, to edit it".into(),
        Hint::PushState { force: false } => "`state push FILE` restores the state from a backup".into(),
        Hint::PushState { force: true } => {
            "if a state in a file is to replace it nevertheless, `state push FILE --force` writes it".into()
        }
        Hint::NewState => "`--new-state` starts over with a new state, and leaves existing resources alone".into(),

        Hint::ForgetResource { path, app: None } => {
            format!("`state rm {}` removes {path} from the state, and leaves it in the account", word(path))
        }
        Hint::ForgetResource { path, app: Some(app) } => {
            format!("`state rm {}` of `{app}` removes it from the state of that app", word(path))
        }
        Hint::MoveInState { from, to } => {
            format!("`state mv {} {}` moves it to that path in the state", word(from), word(to))
        }
        Hint::InspectOpenCreate { path } => {
            format!("`state show {}` says how to look for the resource in the account", word(path))
        }
        Hint::DropOpenCreate { path } => {
            format!("`state rm --open {}` removes the open create from the state; the resource may exist", word(path))
        }
        Hint::DropRetained { path } => {
            format!("if nothing needs {path} any longer, `state rm --retained {}` removes its record", word(path))
        }
        Hint::Import { path, id, new_state } => {
            let id = id.as_ref().map_or_else(|| "ID".into(), word);
            let first = if *new_state { "; the first import needs `--new-state`" } else { "" };
            match path {
                Some(path) => format!("`import {} {id}` adopts the existing resource as {path}{first}", word(path)),
                None => format!("`import PATH {id}` adopts an existing resource{first}"),
            }
        }
        Hint::TakeOwnership => "if no other app manages it, `--take-ownership` imports it in spite of its tags".into(),

        Hint::PlanAgain => "make a new plan with `plan --out FILE`, or run the command without a saved plan".into(),
        Hint::FinishOpen => "`deploy` checks what an earlier run left open, and completes it".into(),
        Hint::WaitAgain => "it may still become ready: the next run waits for it again".into(),
        Hint::Refresh => {
            "`deploy --refresh` reads every resource first, records changes, and creates missing resources again"
                .into()
        }
        Hint::IncludePaths { paths } => {
            let paths: Vec<_> = paths.iter().map(|path| format!("--only {}", word(path))).collect();
            format!("to include the resources that are left out, add `{}`", paths.join(" "))
        }
        Hint::SkipFinalSnapshot => "`--skip-final-snapshot` deletes without taking a final snapshot".into(),
        Hint::AllowDataLoss => "to allow the loss of their data, add `--delete-data`".into(),

        Hint::WaitForLock { expires: false } => "`--lock-timeout 10m` waits for the lock".into(),
        Hint::WaitForLock { expires: true } => {
            "`--lock-timeout 10m` waits for the lock, and takes it over if that run has died".into()
        }
        Hint::TakeLockAway => "if that run hangs, `force-unlock` of that app takes the lock away".into(),

        Hint::ConfigureCredentials => {
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name in AWS_PROFILE a profile that exists, and run `aws sso login` if the profile needs it"
                .into()
        }
        Hint::RenewCredentials => "renew the credentials, for example with `aws sso login`, and run it again".into(),
        Hint::CheckCredentials => "check the credentials, for example with `aws sts get-caller-identity`".into(),
        Hint::UseAccount { account } => format!(
            "use credentials of account {account}, for example a profile with `AWS_PROFILE`; `doctor` shows the ones in use"
        ),
        Hint::ChangeAccount { stack, account } => format!(
            "if the stack is meant for account {account}, change the account in the `Environment` of `{stack}`"
        ),
        Hint::AllowCall { operation: Some(operation) } => format!("the credentials need the permission `{operation}`"),
        Hint::AllowCall { operation: None } => "the credentials need the permission for this call".into(),
        Hint::ReachTarget => "check that this machine can reach the target".into(),
        Hint::ReachState => "check that this machine can reach the location of the state".into(),
        Hint::UseSimulation => "`--target sandbox` needs neither credentials nor a network".into(),
        Hint::FreeSpace => "free some space there and run it again, which continues where it stopped".into(),
        Hint::AllowWriting => "this user must be able to write there".into(),
    }
}

/// Returns a hint about a diagnostic with this code, if it takes a command.
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
    use groundplan_engine::store::StoreError;

    use super::*;

    #[test]
    fn what_a_hint_quotes_is_one_word_of_a_shell() {
        let import = Hint::Import { path: Some("a/b".into()), id: Some("x|y z".into()), new_state: false };
        assert_eq!(text(&import), "`import a/b 'x|y z'` adopts the existing resource as a/b");
        let only = Hint::IncludePaths { paths: vec!["a/b".into(), "a/$(c)".into()] };
        assert_eq!(text(&only), "to include the resources that are left out, add `--only a/b --only 'a/$(c)'`");
    }

    #[test]
    fn the_least_harmful_way_out_comes_first() {
        let absent = |restore| Error::Store(StoreError::Absent { place: "here".into(), evidence: Vec::new(), restore });
        let check = "check that this is the location of the state; `--state URL` names another one";
        let new = "`--new-state` starts over with a new state, and leaves existing resources alone";
        assert_eq!(all(&absent(Some(2))), [check, "`state restore 2` restores the newest earlier state", new]);
        assert_eq!(all(&absent(None)), [check, "`state push FILE` restores the state from a backup", new]);
    }
}
