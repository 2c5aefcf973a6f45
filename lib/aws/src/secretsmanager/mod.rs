//! `AWS::SecretsManager::*`, and the values of its secrets.

mod secret;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use groundplan_core::secret::SecretsManagerEntry;
use groundplan_engine::provider::ErrorClass;
pub(crate) use secret::Secret;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::handler::required;

/// Pauses before reads of a secret that does not exist, or has no value: a recently created one may not be visible yet.
const VISIBLE: [Duration; 6] = {
    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }
    [ms(200), ms(500), ms(1000), ms(2000), ms(4000), ms(4000)]
};

async fn until_visible<T, F: Future<Output = Result<T>>>(ask: impl Fn() -> F) -> Result<T> {
    for pause in VISIBLE {
        match ask().await {
            Err(error) if error.class() == ErrorClass::NotFound => tokio::time::sleep(pause).await,
            answer => return answer,
        }
    }
    ask().await
}

/// The current value of an entry. No error shows any of it.
pub(crate) async fn value(
    secrets: &aws_sdk_secretsmanager::Client,
    entry: &SecretsManagerEntry,
) -> Result<Zeroizing<String>> {
    let id = entry.secret.as_str().ok_or_else(|| Error::invalid("the name of the secret is not known yet"))?;
    // No step stands behind this call that the engine would repeat, and it has no effect.
    let repeating = aws_sdk_secretsmanager::Config::builder().retry_config(RetryConfig::standard());
    let ask = || async {
        let call = secrets.get_secret_value().secret_id(id).customize().config_override(repeating.clone());
        call.send().await.map_err(Error::from)
    };
    let answer = until_visible(ask).await?;
    let value = Zeroizing::new(required(answer.secret_string, "SecretString")?);
    let Some(key) = &entry.key else { return Ok(value) };
    let json = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&value)
        .map_err(|_| Error::invalid(format!("the secret {id} is not a JSON object, so it has no key `{key}`")))?;
    match json.get(key) {
        Some(serde_json::Value::String(text)) => Ok(Zeroizing::new(text.clone())),
        Some(other) => Ok(Zeroizing::new(other.to_string())),
        None => Err(Error::invalid(format!("the secret {id} has no key `{key}`"))),
    }
}
