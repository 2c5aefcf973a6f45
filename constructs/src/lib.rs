//! Constructs: the building blocks of a platform, with defaults for production.
//!
//! A construct is added to a scope like a resource, and returns a handle that other constructs
//! accept. Each construct adds ordinary resources of `groundplan-resources`, and its handle gives access
//! to them.
//!
//! | topic | constructs |
//! |---|---|
//! | [`network`] | [`Vpc`](network::Vpc), [`SubnetLayout`](network::SubnetLayout), [`SecurityGroup`](network::SecurityGroup) |
//! | [`edge`] | [`HostedZone`](edge::HostedZone), [`Certificate`](edge::Certificate), [`DnsRecord`](edge::DnsRecord), [`AliasRecord`](edge::AliasRecord), [`ApplicationLoadBalancer`](edge::ApplicationLoadBalancer), [`Route`](edge::Route) |
//! | [`containers`] | [`ImageRepository`](containers::ImageRepository), [`EcsCluster`](containers::EcsCluster), [`TaskDefinition`](containers::TaskDefinition), [`FargateService`](containers::FargateService), [`ScheduledTask`](containers::ScheduledTask) |
//! | [`data`] | [`PostgresDatabase`](data::PostgresDatabase), [`Bucket`](data::Bucket) |
//! | [`identity`] | [`Role`](identity::Role), [`User`](identity::User), [`Group`](identity::Group), [`PolicyDocument`](identity::PolicyDocument), [`KmsKey`](identity::KmsKey), [`SmtpCredentials`](identity::SmtpCredentials) |
//! | [`lookup`] | [`Lookup`](lookup::Lookup) of a VPC, a machine image, availability zones, a prefix list, a hosted zone |
//! | [`observability`] | [`LogGroup`](observability::LogGroup) |
//! | [`policies`] | checks that every app should pass before production |
//!
//! # What exists already
//!
//! A construct also accepts what the program does not manage. `existing` returns a reference, which fits wherever
//! the handle fits: [`Vpc::existing`](network::Vpc::existing),
//! [`SecurityGroup::existing`](network::SecurityGroup::existing),
//! [`HostedZone::existing`](edge::HostedZone::existing), [`Bucket::existing`](data::Bucket::existing),
//! [`KmsKey::existing`](identity::KmsKey::existing), [`Role::existing`](identity::Role::existing),
//! [`SecretRef::existing`](identity::SecretRef::existing), [`LogGroup::existing`](observability::LogGroup::existing),
//! [`ImageRepository::existing`](containers::ImageRepository::existing),
//! [`EcsCluster::existing`](containers::EcsCluster::existing) and
//! [`ApplicationLoadBalancer::existing`](edge::ApplicationLoadBalancer::existing). They take a known id or an
//! [`Export`](groundplan_core::Export) of another app. A certificate is passed by its ARN.
//!
//! A [`Lookup`](lookup::Lookup) finds what exists by tags or names instead: a VPC with its subnets, a hosted zone, the
//! current machine image, the availability zones of the region, or a prefix list.

pub mod containers;
pub mod data;
pub mod edge;
#[cfg(test)]
mod fixture;
pub mod identity;
pub mod lookup;
pub mod network;
pub mod observability;
mod passed_as;
pub mod policies;

pub use passed_as::PassedAs;
