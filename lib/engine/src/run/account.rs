//! Checks that the credentials are for the account of an app.

use groundplan_core::{Assembly, Path};

use crate::Error;
use crate::hint::{Hint, Hints};
use crate::model::State;
use crate::provider::{Identity, Provider};
use crate::run::reader::ReadError;

/// Returns the owner of the credentials.
///
/// # Errors
/// [`WrongAccount`] if that is not the account of the stacks and of the state, or if the role of a stack is in
/// another account than the one that the stack is pinned to.
pub(crate) async fn identity(
    provider: &dyn Provider,
    state: &State,
    assembly: Option<&Assembly>,
) -> Result<Identity, Error> {
    let own = provider.identity().await.map_err(ReadError::of(None))?;
    for (stack, environment) in assembly.map(|assembly| &assembly.stacks).into_iter().flatten() {
        let Some(expected) = &environment.account else { continue };
        let actual = match environment.role {
            None => own.clone(),
            Some(_) => {
                provider.identity_in(environment).await.map_err(ReadError::of(Some(&Path::new(stack.as_str()))))?
            }
        };
        if *expected != actual.account {
            let what = format!("the stack `{stack}` is pinned to");
            return Err(WrongAccount { what, stack: Some(stack.clone()), expected: expected.clone(), actual }.into());
        }
    }
    // What is still to be deleted is there, too, and what may have been made. What was made as a role
    // is wherever that leads to.
    let is_own = state.environments().any(|(_, environment)| environment.role.is_none());
    match state.identity.as_ref().filter(|known| is_own && known.account != own.account) {
        Some(known) => {
            let what = "the resources of this app are in".to_owned();
            Err(WrongAccount { what, stack: None, expected: known.account.clone(), actual: own }.into())
        }
        None => Ok(own),
    }
}

/// The credentials belong to a different account from the app.
#[derive(Debug, thiserror::Error)]
#[error("the credentials are for account {}, but {what} account {expected}", actual.account)]
pub struct WrongAccount {
    /// The subject of the message, as in ``the stack `checkout` is pinned to``.
    pub what: String,
    /// The stack, if its environment names the expected account.
    pub stack: Option<String>,
    /// The expected account.
    pub expected: String,
    /// The identity of the credentials.
    pub actual: Identity,
}

impl Hints for WrongAccount {
    fn hints(&self) -> Vec<Hint> {
        let Self { stack, expected, actual, .. } = self;
        let change = stack.clone().map(|stack| Hint::ChangeAccount { stack, account: actual.account.clone() });
        std::iter::once(Hint::UseAccount { account: expected.clone() }).chain(change).collect()
    }
}
