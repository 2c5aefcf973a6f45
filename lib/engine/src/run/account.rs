//! Checks that the credentials are for the account of an app.

use groundplan_core::{Assembly, Path};

use crate::error::Error;
use crate::model::State;
use crate::provider::{Identity, Provider};

/// Returns the owner of the credentials.
///
/// # Errors
/// [`Error::WrongAccount`] if that is not the account of the stacks and of the state, or if the role of a stack is in
/// another account than the one that the stack is pinned to.
pub(crate) async fn identity(
    provider: &dyn Provider,
    state: &State,
    assembly: Option<&Assembly>,
) -> Result<Identity, Error> {
    let own = provider.identity().await.map_err(Error::provider(None))?;
    for (stack, environment) in assembly.map(|assembly| &assembly.stacks).into_iter().flatten() {
        let Some(expected) = &environment.account else { continue };
        let actual = match environment.role {
            None => own.clone(),
            Some(_) => {
                provider.identity_in(environment).await.map_err(Error::provider(Some(&Path::new(stack.as_str()))))?
            }
        };
        if *expected != actual.account {
            let what = format!("the stack `{stack}` is pinned to");
            return Err(Error::WrongAccount { what, stack: Some(stack.clone()), expected: expected.clone(), actual });
        }
    }
    // What is still to be deleted is there, too, and what may have been made. What was made as a role
    // is wherever that leads to.
    let is_own = state.environments().any(|(_, environment)| environment.role.is_none());
    match state.identity.as_ref().filter(|known| is_own && known.account != own.account) {
        Some(known) => {
            let what = "the resources of this app are in".to_owned();
            Err(Error::WrongAccount { what, stack: None, expected: known.account.clone(), actual: own })
        }
        None => Ok(own),
    }
}
