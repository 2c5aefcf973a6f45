//! Constructs: what a platform is made of, with the defaults that production wants.
//!
//! A construct is added to a scope like a resource, and returns a handle that other constructs
//! take. Each adds ordinary resources of `groundplan-resources`, which stay reachable through
//! the handle, so nothing is closed off.
//!
//! | topic | constructs |
//! |---|---|
//! | [`network`] | [`Vpc`](network::Vpc), [`SubnetLayout`](network::SubnetLayout), [`SecurityGroup`](network::SecurityGroup) |
//! | [`edge`] | [`HostedZone`](edge::HostedZone), [`Certificate`](edge::Certificate), [`DnsRecord`](edge::DnsRecord), [`AliasRecord`](edge::AliasRecord), [`ApplicationLoadBalancer`](edge::ApplicationLoadBalancer) |
//! | [`data`] | [`PostgresDatabase`](data::PostgresDatabase), [`Bucket`](data::Bucket) |
//! | [`identity`] | [`Role`](identity::Role), [`PolicyDocument`](identity::PolicyDocument), [`KmsKey`](identity::KmsKey) |
//! | [`observability`] | [`LogGroup`](observability::LogGroup) |
//! | [`policies`] | the checks that every app should pass before production |

pub mod data;
pub mod edge;
pub mod identity;
pub mod network;
pub mod observability;
pub mod policies;
