//! Converts SDK errors to engine errors.

mod class;

use std::error::Error as StdError;
use std::sync::OnceLock;
use std::time::Duration;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use groundplan_engine::Hint;
use groundplan_engine::provider::{ErrorClass, ProviderError};

use crate::fence::Stopped;

pub(crate) use class::classify;

/// The result of handlers.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A [`ProviderError`] that `?` makes of every error of the SDK.
#[derive(Debug)]
pub(crate) struct Error(Box<ProviderError>);

impl Error {
    pub(crate) fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self(Box::new(ProviderError::new(class, message)))
    }

    /// Returns the error that the requested resource does not exist.
    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorClass::NotFound, format!("{what} does not exist"))
    }

    /// The request is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Invalid, message)
    }

    pub(crate) fn class(&self) -> ErrorClass {
        self.0.class
    }

    pub(crate) fn code(&self) -> &str {
        self.0.code.as_deref().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// The same error with a code, where none has come with it.
    pub(crate) fn with_code(mut self, code: &str) -> Self {
        self.0.code = Some(code.to_owned());
        self
    }

    /// The same error, of class `to` where it was of class `from`.
    pub(crate) fn reclass(mut self, from: ErrorClass, to: ErrorClass) -> Self {
        if self.0.class == from {
            self.0.class = to;
        }
        self
    }

    /// The same error, saying that the create has left `id` behind, which may lack anything.
    pub(crate) fn made_in_part(mut self, id: &str) -> Self {
        self.0.partial = Some(id.to_owned());
        self
    }

    /// The same error, saying for how long the call is worth repeating.
    pub(crate) fn patient_for(mut self, patience: Duration) -> Self {
        self.0.patience = Some(patience);
        self
    }

    /// Returns the same error with `more` appended to its message.
    pub(crate) fn adding(mut self, more: impl std::fmt::Display) -> Self {
        self.0.message = format!("{}; {more}", self.0.message);
        self
    }

    /// The same error, with something that a user can do about it.
    pub(crate) fn hinting(mut self, hint: Hint) -> Self {
        self.0.hints.push(hint);
        self
    }

    /// The same error, of a setting that follows the create of the resource `id`.
    pub(crate) fn after_making(mut self, id: &str) -> Self {
        self.0.partial = Some(id.to_owned());
        self.0.settings = true;
        self
    }
}

impl From<Error> for ProviderError {
    fn from(error: Error) -> Self {
        *error.0
    }
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        Self(Box::new(error))
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// The operation's name comes from the type of its error, so that no call has to repeat it.
impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        // It was not sent, whatever phase of it the SDK names.
        if let Some(Stopped(stopped)) = sources(&error).find_map(|source| source.downcast_ref()) {
            let operation = operation(std::any::type_name::<E>());
            return Self(Box::new(ProviderError { operation, ..(**stopped).clone() }));
        }
        let hints = match credentials(&error) {
            Some(failed) if is_absent(failed) => vec![Hint::ConfigureCredentials],
            _ => Vec::new(),
        };
        let (class, message) = match &error {
            SdkError::ServiceError(service) => {
                let meta = service.err().meta();
                let code = meta.code().unwrap_or_default();
                let message = meta.message().unwrap_or(code);
                let status = service.raw().status().as_u16();
                let message = if message.is_empty() {
                    format!("an answer of status {status} that says nothing")
                } else {
                    message.to_owned()
                };
                let class = meaning(std::any::type_name::<E>(), code, &message);
                (class.unwrap_or_else(|| classify(code, &message, status)), message)
            }
            other => (unanswered(other), explain(other)),
        };
        let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
        Self(Box::new(ProviderError {
            class,
            message,
            operation: operation(std::any::type_name::<E>()),
            code: meta.and_then(|meta| meta.code()).map(str::to_owned),
            request_id: meta.and_then(|meta| meta.extra("aws_request_id")).map(str::to_owned),
            partial: None,
            settings: false,
            patience: None,
            hints,
        }))
    }
}

/// The class of an error in one operation, if it differs from the class in others. Handlers list these rows in
/// [`Handler::ERRORS`](crate::handler::Handler::ERRORS), next to the calls that they are about.
pub(crate) struct Meaning {
    /// Names the error type of the operation, which names the operation.
    operation: fn() -> &'static str,
    /// The code on the wire; any where it is empty.
    code: &'static str,
    /// A part of the message, in lower case; any message where it is empty.
    text: &'static str,
    class: ErrorClass,
}

impl Meaning {
    /// Classifies an error of the operation with the error type `E`: one with `code` whose message contains `text`, in
    /// any letter case, is of `class`. An empty code or text matches any.
    pub(crate) const fn of<E>(code: &'static str, text: &'static str, class: ErrorClass) -> Self {
        Self { operation: std::any::type_name::<E>, code, text, class }
    }

    fn matches(&self, operation: &str, code: &str, message: &str) -> bool {
        (self.operation)() == operation
            && (self.code.is_empty() || self.code == code)
            && message.to_ascii_lowercase().contains(self.text)
    }
}

/// The rows of all handlers.
static MEANINGS: OnceLock<Vec<&'static Meaning>> = OnceLock::new();

/// Sets the rows of all handlers, from the registry, which is a layer above.
pub(crate) fn set_meanings(all: impl FnOnce() -> Vec<&'static Meaning>) {
    MEANINGS.get_or_init(all);
}

/// The class that a handler states for this error of this operation.
fn meaning(operation: &str, code: &str, message: &str) -> Option<ErrorClass> {
    let mut rows = MEANINGS.get().into_iter().flatten();
    rows.find(|row| row.matches(operation, code, message)).map(|row| row.class)
}

/// Turns "it does not exist" into none, where that is an answer and no failure.
pub(crate) trait OrNone<T> {
    /// None where the error is of class [`ErrorClass::NotFound`].
    fn or_none(self) -> Result<Option<T>>;

    /// None where the error has this code: where a call can miss several things, and only one of them
    /// is the part that may be absent.
    fn or_none_of(self, code: &str) -> Result<Option<T>>;
}

impl<T, E: Into<Error>> OrNone<T> for std::result::Result<T, E> {
    fn or_none(self) -> Result<Option<T>> {
        match self.map_err(Into::into) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.class() == ErrorClass::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn or_none_of(self, code: &str) -> Result<Option<T>> {
        match self.map_err(Into::into) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == code => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The class of an error without an answer. Only what surely never left this machine is safe to
/// repeat.
fn unanswered<E: StdError + 'static>(error: &SdkError<E, HttpResponse>) -> ErrorClass {
    let texts = || chain(error);
    if credentials(error).is_some() {
        return ErrorClass::Unauthenticated;
    }
    match error {
        SdkError::ConstructionFailure(_) => ErrorClass::Invalid,
        SdkError::DispatchFailure(failure) if failure.is_user() => ErrorClass::Invalid,
        SdkError::DispatchFailure(_)
            if texts().any(|text| text.contains("(Connect)") || text.contains("dns error")) =>
        {
            ErrorClass::Transient
        }
        _ => ErrorClass::UnknownOutcome,
    }
}

/// Returns the reason for a failure, for users: the credentials if they failed, else the chain of causes.
fn explain<E: StdError + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    match credentials(error) {
        Some(error) if is_absent(error) => "no AWS credentials were found".to_owned(),
        Some(failed) => {
            let causes: Vec<_> = chain(failed).collect();
            format!("the configured AWS credentials cannot be used: {}", causes.join(": "))
        }
        None => chain(error).collect::<Vec<_>>().join(": "),
    }
}

fn credentials<E: StdError + 'static>(error: &SdkError<E, HttpResponse>) -> Option<&CredentialsError> {
    sources(error).find_map(|source| source.downcast_ref())
}

/// Returns whether no credentials were found: neither configured, nor provided by the machine, which is the last
/// source.
pub(crate) fn is_absent(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_))
        || sources(error).any(|source| source.downcast_ref::<ImdsError>().is_some())
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = String> + 'a {
    sources(error).map(ToString::to_string)
}

fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}

/// `ec2:CreateVpc` from `aws_sdk_ec2::operation::create_vpc::CreateVpcError`.
fn operation(error_type: &str) -> Option<String> {
    let service = error_type.strip_prefix("aws_sdk_")?.split("::").next()?;
    let service = match service {
        "applicationautoscaling" => "application-autoscaling",
        "cloudwatchlogs" => "logs",
        "elasticloadbalancingv2" => "elasticloadbalancing",
        service => service,
    };
    let name = error_type.rsplit("::").next()?.strip_suffix("Error")?;
    Some(format!("{service}:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_is_named_by_the_error_type() {
        let name = std::any::type_name::<aws_sdk_ec2::operation::create_vpc::CreateVpcError>();
        assert_eq!(operation(name).as_deref(), Some("ec2:CreateVpc"));
        let name = std::any::type_name::<aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupError>();
        assert_eq!(operation(name).as_deref(), Some("logs:CreateLogGroup"));
        let name = std::any::type_name::<
            aws_sdk_applicationautoscaling::operation::put_scaling_policy::PutScalingPolicyError,
        >();
        assert_eq!(operation(name).as_deref(), Some("application-autoscaling:PutScalingPolicy"));
    }
}
