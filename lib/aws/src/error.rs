//! From the SDK's errors to what the engine acts on.

use std::error::Error as StdError;
use std::time::Duration;

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::error::operation::BuildError;
use groundplan_engine::provider::{ErrorClass, ProviderError};

use crate::fence::Stopped;
use crate::registry;

/// What handlers return.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A [`ProviderError`] that `?` makes of every error of the SDK.
#[derive(Debug)]
pub(crate) struct Error(Box<ProviderError>);

impl Error {
    pub(crate) fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self(Box::new(ProviderError::new(class, message)))
    }

    /// What was asked for is not there.
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

    /// The same error, whose message goes on with `more`.
    pub(crate) fn adding(mut self, more: impl std::fmt::Display) -> Self {
        self.0.message = format!("{}; {more}", self.0.message);
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
        }))
    }
}

/// What an error means in one operation, where that differs from what it means elsewhere. Handlers list
/// these rows in [`Handler::ERRORS`](crate::handler::Handler::ERRORS), beside the calls that they are
/// about.
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
    /// An error with `code` whose message contains `text`, in whatever case, is of `class` where the
    /// operation with the error type `E` answers it. An empty code or text stands for any.
    pub(crate) const fn of<E>(code: &'static str, text: &'static str, class: ErrorClass) -> Self {
        Self { operation: std::any::type_name::<E>, code, text, class }
    }

    fn matches(&self, operation: &str, code: &str, message: &str) -> bool {
        (self.operation)() == operation
            && (self.code.is_empty() || self.code == code)
            && message.to_ascii_lowercase().contains(self.text)
    }
}

/// The class that a handler states for this error of this operation.
fn meaning(operation: &str, code: &str, message: &str) -> Option<ErrorClass> {
    registry::meanings().find(|row| row.matches(operation, code, message)).map(|row| row.class)
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

/// The class of an error that a service answered with. Codes are those on the wire, which differ
/// from the SDK's names (`DBInstanceNotFound`, not `DBInstanceNotFoundFault`).
pub(crate) fn classify(code: &str, message: &str, status: u16) -> ErrorClass {
    use ErrorClass::{AlreadyExists, Conflict, Denied, NotFound, Propagating, Throttled, Transient, Unauthenticated};
    if is_propagating(code, message) {
        return Propagating;
    }
    let name = code.trim_end_matches("Fault").trim_end_matches("Exception");
    match name {
        "Throttling"
        | "Throttled"
        | "ThrottlingException"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "EC2Throttled"
        | "BandwidthLimitExceeded"
        | "ProvisionedThroughputExceeded"
        | "SlowDown"
        | "PriorRequestNotComplete" => Throttled,
        // What Lambda says where EC2 has too many calls to make its network interfaces.
        "InvalidParameterValue" if message.to_ascii_lowercase().contains("throttled by ec2") => Throttled,
        "DependencyTimeout" | "KMSInternal" | "RequestTimeout" | "ServiceUnavailable" | "Unavailable" => Transient,
        // Two calls about one thing at once: the other one has gone first.
        "ConcurrentModification" | "EntityTemporarilyUnmodifiable" | "OperationAborted" => Transient,
        // The credentials themselves, whatever is asked: all calls after this one end like it.
        // `ExpiredToken` (S3, STS, the query APIs) and `ExpiredTokenException` (the JSON APIs),
        // `UnrecognizedClientException`, `InvalidClientTokenId`, `IncompleteSignature` and
        // `MissingAuthenticationToken`:
        // <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>;
        // `RequestExpired`, which EC2 says of expired credentials, too:
        // <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>;
        // `InvalidAccessKeyId`, `InvalidToken`, `TokenRefreshRequired`, `SignatureDoesNotMatch`:
        // <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.
        "ExpiredToken"
        | "IncompleteSignature"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "TokenRefreshRequired"
        | "UnrecognizedClient" => Unauthenticated,
        // `AuthFailure` is also what EC2 says of a single resource that belongs to somebody else.
        "AccessDenied" | "AuthFailure" | "NotAuthorized" | "OptInRequired" | "UnauthorizedOperation" => Denied,
        "Gateway.NotAttached" | "NoSuchEntity" => NotFound,
        "BucketAlreadyOwnedByYou" | "ResourceExists" | "Resource.AlreadyAssociated" => AlreadyExists,
        "DuplicateListener" | "DuplicateLoadBalancerName" | "DuplicateTargetGroupName" | "PriorityInUse" => {
            AlreadyExists
        }
        // One code for all that can be wrong with a change of records.
        "InvalidChangeBatch" if message.contains("but it already exists") => AlreadyExists,
        "InvalidChangeBatch" if message.contains("but it was not found") => NotFound,
        "Conflict"
        | "DeleteConflict"
        | "DependencyViolation"
        | "IncorrectState"
        | "IncorrectInstanceState"
        | "InvalidDBInstanceState"
        | "InvalidDBParameterGroupState"
        | "InvalidDBSubnetGroupState"
        | "InvalidState"
        | "ResourceInUse" => Conflict,
        _ if name.ends_with("AlreadyExists") || name.ends_with(".Duplicate") => AlreadyExists,
        _ if name.ends_with(".InUse") => Conflict,
        _ if name.ends_with("NotFound") || name.ends_with("NotFoundError") => NotFound,
        _ if name.starts_with("NoSuch") => NotFound,
        _ => by_status(status),
    }
}

fn by_status(status: u16) -> ErrorClass {
    match status {
        // It was carried out, and the answer cannot be read.
        ..300 => ErrorClass::UnknownOutcome,
        401 | 403 => ErrorClass::Denied,
        404 => ErrorClass::NotFound,
        429 => ErrorClass::Throttled,
        503 => ErrorClass::Transient,
        // A server that failed may have done its work before.
        500.. => ErrorClass::UnknownOutcome,
        _ => ErrorClass::Invalid,
    }
}

/// Messages of services about a role, or a principal of a policy, that has not reached them yet, in lower
/// case. Each names its error code differently, so only the message tells it from a real mistake, and a
/// real one is reported once the patience is over. AWS documents none of them. They are those that
/// other tools retry:
/// <https://github.com/hashicorp/terraform-provider-aws/tree/main/internal/service> and
/// <https://github.com/go-to-k/cdkd/blob/main/src/deployment/retryable-errors.ts>.
const NOT_PROPAGATED: [&str; 29] = [
    // Lambda; RDS with a monitoring role.
    "cannot be assumed",
    "is invalid or does not include the required permissions",
    // Lambda: a function in a VPC, one with an encrypted environment, and one that reads from a queue.
    "execution role does not have permissions",
    "kms key is invalid for creategrant",
    "please ensure the role can perform",
    // EC2 instances, launch templates and Auto Scaling groups.
    "invalid iam instance profile",
    "invalid instanceprofile",
    "failed to authorize instance profile",
    // EKS: a cluster.
    "role could not be assumed because the trusted entity is not correct",
    "error in role params",
    "role doesn't have the amazon eks managed policies associated with it",
    "iam role's policy must include",
    // ECS: a service, a capacity provider, and the first cluster of an account.
    "verify that the ecs service role being passed has the proper permissions",
    "unable to assume the service linked role",
    "caught serviceaccessdeniedexception",
    // Firehose, Glue, Kinesis Analytics, AppSync.
    "is unable to assume role",
    "is unable to assume the role",
    "unable to assume provided role",
    // Step Functions; EventBridge Scheduler and Pipes.
    "authorized to assume the provided role",
    "is not authorized to access the log destination",
    "permissions required to assume the role",
    // Cognito, with a role that sends messages.
    "is not a valid role",
    // CloudTrail, with a role that writes logs.
    "adequate trust relationships",
    // Logs: a subscription filter with a role.
    "could not deliver test message",
    // Policies with a principal that is too new: SNS, SQS, ECR, Secrets Manager and DynamoDB.
    "principalnotfound",
    "invalid value for the parameter policy",
    "invalid repository policy provided",
    "one or more invalid principals",
    // The first use of RDS, ElastiCache, ECS or Elastic Load Balancing in an account, which creates the
    // service-linked role. RDS's own message says "wait and try again later":
    // <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html>
    "verify that you have permission to create service linked role",
];

/// IAM reaches the other services after seconds. Until then they refuse what was just made, and
/// only the message tells that from a real mistake.
fn is_propagating(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let by_code = match code {
        // A policy that names a principal that was just made: S3, IAM, KMS.
        "MalformedPolicy" | "MalformedPolicyDocument" | "MalformedPolicyDocumentException" => {
            message.contains("invalid principal")
        }
        // A log group that is encrypted with a key that, or whose policy, has just been written.
        "AccessDeniedException" => is_unknown_key(&message),
        // EKS: `roleArn, arn:aws:iam::…:role/…, does not exist`.
        "InvalidParameterException" => {
            is_unknown_key(&message) || (message.contains("rolearn") && message.contains("does not exist"))
        }
        // A secret that was deleted without recovery keeps its name for some moments more; one with
        // recovery keeps it for longer, and the message says so.
        // <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html>
        "InvalidRequestException" => message.contains("already scheduled for deletion"),
        _ => false,
    };
    by_code || NOT_PROPAGATED.iter().any(|words| message.contains(words))
}

fn is_unknown_key(message: &str) -> bool {
    message.contains("kms key does not exist or is not allowed") || message.contains("kms key id could not be found")
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

/// What failed, for a user: the credentials where it is those, else the chain of causes.
fn explain<E: StdError + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    match credentials(error) {
        Some(error) if is_absent(error) => {
            "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name in AWS_PROFILE a \
             profile that exists, and run `aws sso login` where it needs that"
                .to_owned()
        }
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

/// Whether no credentials were found: neither configured, nor given by the machine, which is asked
/// last.
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
    fn codes_on_the_wire_have_the_class_that_the_engine_acts_on() {
        use ErrorClass::*;
        for (code, message, status, class) in [
            ("RequestLimitExceeded", "Request limit exceeded.", 503, Throttled),
            ("Throttling", "Rate exceeded", 400, Throttled),
            ("ThrottlingException", "Rate exceeded", 400, Throttled),
            ("SlowDown", "Please reduce your request rate.", 503, Throttled),
            ("ServiceUnavailable", "", 503, Transient),
            ("InternalError", "An internal error has occurred", 500, UnknownOutcome),
            ("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist", 400, NotFound),
            ("NatGatewayNotFound", "", 400, NotFound),
            ("DBInstanceNotFound", "", 404, NotFound),
            ("DBSubnetGroupNotFoundFault", "", 404, NotFound),
            ("NoSuchEntity", "", 404, NotFound),
            ("NoSuchBucketPolicy", "", 404, NotFound),
            ("ServerSideEncryptionConfigurationNotFoundError", "", 404, NotFound),
            ("ResourceNotFoundException", "", 400, NotFound),
            ("Gateway.NotAttached", "", 400, NotFound),
            ("EntityAlreadyExists", "", 409, AlreadyExists),
            ("DBInstanceAlreadyExists", "", 400, AlreadyExists),
            ("ResourceAlreadyExistsException", "", 400, AlreadyExists),
            ("InvalidPermission.Duplicate", "", 400, AlreadyExists),
            ("BucketAlreadyOwnedByYou", "", 409, AlreadyExists),
            ("DependencyViolation", "", 400, Conflict),
            ("InvalidDBInstanceState", "", 400, Conflict),
            ("InvalidDBSubnetGroupStateFault", "", 400, Conflict),
            ("InvalidIPAddress.InUse", "", 400, Conflict),
            ("DuplicateLoadBalancerName", "", 400, AlreadyExists),
            ("PriorityInUse", "The specified priority is in use.", 400, AlreadyExists),
            ("HostedZoneAlreadyExists", "", 409, AlreadyExists),
            ("InvalidChangeBatch", "[Tried to create … but it already exists]", 400, AlreadyExists),
            ("InvalidChangeBatch", "[Tried to delete … but it was not found]", 400, NotFound),
            ("InvalidChangeBatch", "[RRSet with DNS name … is not permitted in zone …]", 400, Invalid),
            ("ResourceInUseException", "", 400, Conflict),
            ("PriorRequestNotComplete", "", 400, Throttled),
            ("HostedZoneNotEmpty", "", 400, Invalid),
            ("OperationAborted", "", 409, Transient),
            ("ConcurrentModificationException", "", 400, Transient),
            ("UnauthorizedOperation", "", 403, Denied),
            ("AuthFailure", "", 401, Denied),
            ("ExpiredToken", "The security token included in the request is expired", 403, Unauthenticated),
            ("ExpiredTokenException", "", 400, Unauthenticated),
            ("RequestExpired", "Request has expired.", 400, Unauthenticated),
            ("UnrecognizedClientException", "", 400, Unauthenticated),
            ("InvalidClientTokenId", "", 403, Unauthenticated),
            ("KMSKeyNotAccessibleFault", "", 400, Invalid),
            ("VpcLimitExceeded", "", 400, Invalid),
            ("InvalidParameterException", "The name is longer than 100 characters.", 400, Invalid),
            (
                "InvalidParameterValueException",
                "Your request has been throttled by EC2, please make sure you have enough API rate limit.",
                400,
                Throttled,
            ),
            ("MalformedPolicyDocument", "Invalid principal in policy: \"AWS\":\"…\"", 400, Propagating),
            ("MalformedPolicyDocument", "Syntax errors in policy.", 400, Invalid),
            (
                "AccessDeniedException",
                "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:…'",
                400,
                Propagating,
            ),
            ("AccessDeniedException", "User: … is not authorized to perform: kms:CreateKey", 400, Denied),
            (
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
                400,
                Propagating,
            ),
        ] {
            assert_eq!(classify(code, message, status), class, "{code}: {message}");
        }
    }

    #[test]
    fn a_role_or_principal_that_has_not_reached_a_service_yet_is_waited_for() {
        for (code, message) in [
            ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
            ("InvalidAttributeValue", "Invalid value for the parameter Policy."),
            ("InvalidParameterException", "Invalid parameter at 'PolicyText': Invalid repository policy provided"),
            ("MalformedPolicyDocumentException", "The policy contains a statement with one or more invalid principals"),
            ("InvalidArgumentException", "Firehose is unable to assume role arn:…. Please check the role provided."),
            ("InvalidInputException", "Service is unable to assume provided role. Please verify role's TrustPolicy"),
            (
                "AccessDeniedException",
                "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume \
                 the provided role.",
            ),
            ("ValidationException", "The execution role lacks the permissions required to assume the role"),
            ("ClientException", "Caught ServiceAccessDeniedException"),
            ("ValidationError", "You must use a valid fully-formed launch template. Invalid IAM Instance Profile name"),
            ("InvalidSmsRoleTrustRelationshipException", "arn:… is not a valid role to allow SNS to send messages"),
            (
                "InvalidCloudWatchLogsRoleArnException",
                "Access denied. Verify in IAM that the role has adequate trust relationships.",
            ),
            (
                "InvalidParameterException",
                "Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in \
                 ACTIVE state.",
            ),
            (
                "InvalidParameterValue",
                "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise \
                 wait and try again later",
            ),
            ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."),
            (
                "InvalidParameterValueException",
                "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
            ),
            (
                "InvalidParameterValueException",
                "Lambda was unable to configure access to your environment variables because the KMS key is invalid for \
                 CreateGrant. Please check your KMS key settings.",
            ),
            (
                "InvalidParameterValueException",
                "Cannot access stream arn:…. Please ensure the role can perform the GetRecords, GetShardIterator, \
                 DescribeStream, and ListStreams Actions on your stream in IAM.",
            ),
            ("InvalidParameterException", "roleArn, arn:aws:iam::111122223333:role/eks, does not exist"),
            ("InvalidParameterException", "Error in role params"),
            ("InvalidParameterException", "Role could not be assumed because the trusted entity is not correct"),
            (
                "InvalidParameterException",
                "The provided role doesn't have the Amazon EKS Managed Policies associated with it. Please ensure the \
                 following policy is attached: arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
            ),
            ("InvalidParameterException", "IAM role's policy must include the `ec2:DescribeSubnets` action"),
            (
                "InvalidParameterException",
                "Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service \
                 role being passed has the proper permissions.",
            ),
            (
                "InvalidParameterException",
                "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
            ),
            (
                "InvalidParameterValue",
                "Value (a) for parameter iamInstanceProfile.name is invalid. Invalid IAM \
              Instance Profile name",
            ),
        ] {
            assert_eq!(classify(code, message, 400), ErrorClass::Propagating, "{code}: {message}");
        }
    }

    #[test]
    fn the_operation_is_named_by_the_error_type() {
        let name = std::any::type_name::<aws_sdk_ec2::operation::create_vpc::CreateVpcError>();
        assert_eq!(operation(name).as_deref(), Some("ec2:CreateVpc"));
        let name = std::any::type_name::<aws_sdk_cloudwatchlogs::operation::create_log_group::CreateLogGroupError>();
        assert_eq!(operation(name).as_deref(), Some("logs:CreateLogGroup"));
    }
}
