//! Small programs, each one idea. Run one with
//! `cargo run -p groundplan-examples --bin first -- deploy`.
//!
//! | program | idea |
//! |---|---|
//! | `first` | a bucket, a role, a grant, an output |
//! | `construct` | a construct of one's own, and its unit test |
//! | `policy` | a check of one's own over every assembly |
//! | `website` | a zone, a certificate, a load balancer, and names that lead to it |
//! | `fargate` | containers: an API behind a load balancer, a worker, a scheduler that never runs twice, a nightly task |
//! | `layered` | a graph of any size, to measure: `docs/measure scale` |
//! | `raw_resource` | resource types that no construct covers, and outputs composed to text |
//! | `raw_platform` | a whole platform of them: ECS, CloudFront, EKS, a cache, a broker |
//! | `lookup` | what exists already: a VPC by its tag, a machine image, a prefix list |
//! | `domain`, `site` | two apps: what the first one publishes, the second one uses, typed |

use groundplan::Export;
use groundplan::resources::{certificatemanager, route53};

/// The zone of the domain. The app that publishes it and the one that uses it share its name and
/// type as a constant: here, where both programs see it.
pub const ZONE_ID: Export<route53::HostedZoneId> = Export::new("domain", "zone-id");

/// The certificate of the domain.
pub const CERTIFICATE: Export<certificatemanager::CertificateArn> = Export::new("domain", "certificate-arn");
