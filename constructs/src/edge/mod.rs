//! The public edge: DNS zones and records, certificates and load balancers.

mod certificate;
mod load_balancer;
mod record;
mod zone;

pub use certificate::{Certificate, CertificateHandle};
pub use load_balancer::{ApplicationLoadBalancer, ApplicationLoadBalancerHandle, TlsPolicy};
pub use record::{AliasRecord, AliasTarget, AliasTargetArgs, DnsRecord};
pub use zone::{HostedZone, HostedZoneHandle, HostedZoneRef, PrivateHostedZoneRef, RecordZone};
