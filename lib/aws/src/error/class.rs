//! Classifies AWS error codes and messages.

use groundplan_engine::provider::ErrorClass;

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
        "ConcurrentAccess"
        | "ConcurrentModification"
        | "ConcurrentUpdate"
        | "EntityTemporarilyUnmodifiable"
        | "OperationAborted" => Transient,
        // Something of the same ARN was deleted a moment ago.
        // <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
        "StaleTag" => Transient,
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
        | "InvalidGlobalClusterState"
        | "InvalidOptionGroupState"
        | "InvalidState"
        | "ResourceInUse" => Conflict,
        _ if name.ends_with("AlreadyExists") || name.ends_with(".Duplicate") => AlreadyExists,
        // Of instances, clusters, their groups and their snapshots, while RDS works on them:
        // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>.
        _ if name.starts_with("InvalidDB") && name.ends_with("State") => Conflict,
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
        // Nothing was done, and a repetition changes nothing about that: S3's `NotImplemented`, and calls that an
        // emulator does not have.
        501 => ErrorClass::Invalid,
        503 => ErrorClass::Transient,
        // A server that failed may have done its work before.
        500.. => ErrorClass::UnknownOutcome,
        _ => ErrorClass::Invalid,
    }
}

/// Messages of services about a role, or a principal of a policy, that has not reached them yet, in lower case. Their
/// error codes differ, so only the message distinguishes them from a permanent error, which is reported after the last
/// retry. AWS documents none of them. They are those that other tools retry:
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

/// Returns whether another service may not know a new resource of IAM yet, which takes seconds. Only the message
/// distinguishes that from a permanent error.
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
            ("InternalFailure", "not yet implemented or pro feature", 501, Invalid),
            ("NotImplemented", "A header you provided implies functionality that is not implemented", 501, Invalid),
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
            ("InvalidDBClusterStateFault", "", 400, Conflict),
            ("InvalidDBClusterState", "", 400, Conflict),
            ("InvalidDBSnapshotState", "", 400, Conflict),
            ("InvalidDBClusterSnapshotStateFault", "", 400, Conflict),
            ("InvalidGlobalClusterStateFault", "", 400, Conflict),
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
            ("ConcurrentAccess", "", 400, Transient),
            ("ConcurrentUpdateException", "", 500, Transient),
            ("StaleTagException", "", 400, Transient),
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
}
