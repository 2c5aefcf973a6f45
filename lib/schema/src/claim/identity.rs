//! IAM, organizations, keys and secrets.

use super::{Row, named, row};

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // PutRolePolicy replaces a policy of the same name. Names are not distinguished by case.
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    row("AWS::IAM::RolePolicy", "inline policy of a role", "RoleName, PolicyName").of_account(),
    row("AWS::IAM::UserPolicy", "inline policy of a user", "UserName, PolicyName").of_account(),
    row("AWS::IAM::GroupPolicy", "inline policy of a group", "GroupName, PolicyName").of_account(),
    row("AWS::IAM::Policy", "inline policy of a role", "Roles[], PolicyName").of_account(),
    row("AWS::IAM::Policy", "inline policy of a user", "Users[], PolicyName").of_account(),
    row("AWS::IAM::Policy", "inline policy of a group", "Groups[], PolicyName").of_account(),
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
    named("AWS::IAM::ManagedPolicy", "name of a managed policy").of_account(),
    // "Provider with url ... already exists."
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html>
    row("AWS::IAM::OIDCProvider", "URL of an OIDC provider", "Url:url").of_account(),
    named("AWS::IAM::SAMLProvider", "name of a SAML provider").of_account(),
    row("AWS::IAM::ServiceLinkedRole", "service-linked role of a service", "AWSServiceName, CustomSuffix=").of_account(),
    row("AWS::IAM::VirtualMFADevice", "name of an MFA device", "VirtualMfaDeviceName").of_account(),
    row("AWS::IAM::UserToGroupAddition", "member of a group", "GroupName, Users[]").of_account(),
    // <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html>
    // <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html>
    row("AWS::Organizations::OrganizationalUnit", "name of an organizational unit", "ParentId, Name").of_account(),
    row("AWS::Organizations::Policy", "name of a policy", "Name, Type").of_account(),
    // <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html>
    row("AWS::SSO::PermissionSet", "name of a permission set", "InstanceArn, Name"),
    // <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
    // <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html>
    named("AWS::SecretsManager::Secret", "name of a secret"),
    row("AWS::SecretsManager::ResourcePolicy", "policy of a secret", "SecretId"),
    row("AWS::SecretsManager::RotationSchedule", "rotation of a secret", "SecretId"),
    row("AWS::SecretsManager::SecretTargetAttachment", "target of a secret", "SecretId"),
    // SetIdentityPoolRoles sets all roles of a pool.
    // <https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html>
    row("AWS::Cognito::IdentityPoolRoleAttachment", "roles of an identity pool", "IdentityPoolId"),
    // A domain or prefix is that of one user pool: "Domain already associated with another user pool".
    // <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain.html>
    row("AWS::Cognito::UserPoolDomain", "domain of a user pool", "Domain:lower"),
    // "Terms document names must be unique to the app client."
    // <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateTerms.html>
    row("AWS::Cognito::Terms", "terms of an app client", "UserPoolId, ClientId, TermsName"),
];
