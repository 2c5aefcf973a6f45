//! Identity, keys, secrets, messages, and other services of a platform.

use super::{Row, row};
use crate::behavior::Recovery::{ByOwner, ByParts, DeterministicName, FindByTag};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("AWS::Cognito::UserPoolDomain").by(DeterministicName),
    row("AWS::DirectoryService::MicrosoftAD").waits(60, 3600).early(&["Id"]),
    // PutRule makes or changes the rule of a name.
    row("AWS::Events::Rule").by(DeterministicName),
    // CreateAccessKey takes a user and nothing else; a user has two keys at most, so that one can take the
    // place of the other (API_CreateAccessKey, LimitExceeded).
    row("AWS::IAM::AccessKey").by(ByOwner),
    // CreatePolicy refuses a name that exists.
    row("AWS::IAM::ManagedPolicy").by(DeterministicName),
    // PutGroupPolicy, PutRolePolicy, PutUserPolicy: "adds or updates an inline policy".
    row("AWS::IAM::GroupPolicy").overwrites(),
    row("AWS::IAM::RolePolicy").overwrites(),
    row("AWS::IAM::UserPolicy").overwrites(),
    // An alias is the relation of a name with a key (API_CreateAlias).
    row("AWS::KMS::Alias").by(ByParts),
    // CreateKey takes no token, but tags. GetKeyPolicy and others find the key a moment later.
    row("AWS::KMS::Key").by(FindByTag).waits(1, 60).early(&["Arn", "KeyId"]),
    // Not by its ClientRequestToken: a repetition with another generated value is refused
    // (API_CreateSecret).
    row("AWS::SecretsManager::Secret").by(DeterministicName),
    row("AWS::ServiceCatalogAppRegistry::ResourceAssociation").by(ByParts),
    // CreateTopic returns the topic that has the name, unless its attributes or tags differ
    // (API_CreateTopic).
    row("AWS::SNS::Topic").by(DeterministicName).returns(),
    // CreateStateMachine is told apart by the name.
    row("AWS::StepFunctions::StateMachine").by(DeterministicName),
    row("AWS::Transfer::Server").waits(30, 1800).early(&["Arn", "ServerId"]),
];
