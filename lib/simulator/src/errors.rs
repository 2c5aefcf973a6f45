//! Refusals, with codes like AWS's.

use groundplan_engine::provider::{ErrorClass, ProviderError};
use groundplan_schema::ResourceType;

/// The error codes of a service. `{}` is replaced by the type, as in `InvalidSubnetID.NotFound`.
struct Codes {
    service: &'static str,
    invalid: &'static str,
    missing: &'static str,
    not_found: &'static str,
    exists: &'static str,
    in_use: &'static str,
}

/// From the error lists of each service's API reference; the last row is for all others.
#[rustfmt::skip]
const CODES: &[Codes] = &[
    Codes { service: "EC2", invalid: "InvalidParameterValue", missing: "MissingParameter", not_found: "Invalid{}ID.NotFound", exists: "Invalid{}.Duplicate", in_use: "DependencyViolation" },
    Codes { service: "IAM", invalid: "InvalidInput", missing: "InvalidInput", not_found: "NoSuchEntity", exists: "EntityAlreadyExists", in_use: "DeleteConflict" },
    Codes { service: "S3", invalid: "InvalidArgument", missing: "InvalidRequest", not_found: "NoSuch{}", exists: "{}AlreadyOwnedByYou", in_use: "OperationAborted" },
    Codes { service: "RDS", invalid: "InvalidParameterValue", missing: "MissingParameter", not_found: "{}NotFoundFault", exists: "{}AlreadyExistsFault", in_use: "Invalid{}StateFault" },
    Codes { service: "ElastiCache", invalid: "InvalidParameterValue", missing: "InvalidParameterCombination", not_found: "{}NotFoundFault", exists: "{}AlreadyExistsFault", in_use: "Invalid{}StateFault" },
    Codes { service: "ElasticLoadBalancingV2", invalid: "ValidationError", missing: "ValidationError", not_found: "{}NotFound", exists: "Duplicate{}Name", in_use: "ResourceInUse" },
    Codes { service: "KMS", invalid: "ValidationException", missing: "ValidationException", not_found: "NotFoundException", exists: "AlreadyExistsException", in_use: "KMSInvalidStateException" },
    Codes { service: "SecretsManager", invalid: "InvalidParameterException", missing: "InvalidParameterException", not_found: "ResourceNotFoundException", exists: "ResourceExistsException", in_use: "InvalidRequestException" },
    Codes { service: "ECS", invalid: "InvalidParameterException", missing: "InvalidParameterException", not_found: "{}NotFoundException", exists: "InvalidParameterException", in_use: "ResourceInUseException" },
    Codes { service: "EKS", invalid: "InvalidParameterException", missing: "InvalidParameterException", not_found: "ResourceNotFoundException", exists: "ResourceInUseException", in_use: "ResourceInUseException" },
    Codes { service: "Route53", invalid: "InvalidInput", missing: "InvalidInput", not_found: "NoSuch{}", exists: "{}AlreadyExists", in_use: "{}NotEmpty" },
    Codes { service: "CloudFront", invalid: "InvalidArgument", missing: "InvalidArgument", not_found: "NoSuch{}", exists: "{}AlreadyExists", in_use: "{}InUse" },
    Codes { service: "", invalid: "ValidationException", missing: "ValidationException", not_found: "ResourceNotFoundException", exists: "ResourceAlreadyExistsException", in_use: "ResourceInUseException" },
];

/// The error codes that do not follow the pattern of their service.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
const NOT_FOUND: &[(&str, &str)] = &[
    ("AWS::EC2::VPC", "InvalidVpcID.NotFound"),
    ("AWS::EC2::EIP", "InvalidAllocationID.NotFound"),
    ("AWS::EC2::SecurityGroup", "InvalidGroup.NotFound"),
    ("AWS::EC2::NatGateway", "NatGatewayNotFound"),
    ("AWS::EC2::VPCEndpoint", "InvalidVpcEndpointId.NotFound"),
];

const EXISTS: &[(&str, &str)] = &[
    ("AWS::EC2::EIPAssociation", "Resource.AlreadyAssociated"),
    ("AWS::EC2::NatGateway", "Resource.AlreadyAssociated"),
    ("AWS::EC2::Route", "RouteAlreadyExists"),
    ("AWS::EC2::SecurityGroupIngress", "InvalidPermission.Duplicate"),
    ("AWS::EC2::SecurityGroupEgress", "InvalidPermission.Duplicate"),
    ("AWS::EC2::SubnetRouteTableAssociation", "Resource.AlreadyAssociated"),
    ("AWS::EC2::VPCGatewayAttachment", "Resource.AlreadyAssociated"),
    ("AWS::ElasticLoadBalancingV2::Listener", "DuplicateListener"),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", "PriorityInUse"),
    ("AWS::RDS::DBInstance", "DBInstanceAlreadyExists"),
];

/// Limits by what is claimed, where two resources that claim it are not one thing.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html>
const LIMITS: &[(&str, &str)] = &[
    ("IPv4 block of a subnet", "InvalidSubnet.Conflict"),
    ("IPv6 block of a subnet", "InvalidSubnet.Conflict"),
    ("load balancer of a target group", "TargetGroupAssociationLimit"),
];

/// A refusal of `class` with a code.
pub(crate) fn refusal(class: ErrorClass, code: impl Into<String>, message: impl Into<String>) -> ProviderError {
    ProviderError { code: Some(code.into()), ..ProviderError::new(class, message) }
}

/// The value of a property is not allowed.
pub(crate) fn invalid(resource: &ResourceType, message: impl Into<String>) -> ProviderError {
    refusal(ErrorClass::Invalid, codes(resource).invalid, message)
}

/// A property that has to be set is not.
pub(crate) fn missing(resource: &ResourceType, message: impl Into<String>) -> ProviderError {
    refusal(ErrorClass::Invalid, codes(resource).missing, message)
}

/// A resource does not exist; `class` says what that means for the call.
pub(crate) fn not_found(class: ErrorClass, resource: &ResourceType, message: impl Into<String>) -> ProviderError {
    refusal(class, code(NOT_FOUND, resource, codes(resource).not_found), message)
}

/// One like it exists already.
pub(crate) fn exists(resource: &ResourceType, message: impl Into<String>) -> ProviderError {
    refusal(ErrorClass::AlreadyExists, code(EXISTS, resource, codes(resource).exists), message)
}

/// The code of a refusal because another resource has what can be claimed once.
pub(crate) fn limit_code(resource: &ResourceType, what: &str) -> &'static str {
    let row = LIMITS.iter().find(|(claimed, _)| *claimed == what);
    row.map_or(codes(resource).invalid, |(_, code)| code)
}

/// Something holds or changes it.
pub(crate) fn in_use(resource: &ResourceType, message: impl Into<String>) -> ProviderError {
    refusal(ErrorClass::Conflict, fill(codes(resource).in_use, resource), message)
}

fn codes(resource: &ResourceType) -> &'static Codes {
    let service = resource.service();
    let own = CODES.iter().find(|codes| codes.service == service);
    own.unwrap_or(&CODES[CODES.len() - 1])
}

fn code(table: &[(&str, &str)], resource: &ResourceType, pattern: &str) -> String {
    let row = table.iter().find(|(name, _)| *name == resource.name);
    row.map_or_else(|| fill(pattern, resource), |(_, code)| (*code).to_owned())
}

fn fill(pattern: &str, resource: &ResourceType) -> String {
    pattern.replace("{}", resource.short_name())
}
