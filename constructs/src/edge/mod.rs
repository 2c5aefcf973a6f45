//! The public edge: DNS zones and records, certificates and load balancers.

mod certificate;
mod load_balancer;
mod load_balancer_ref;
mod record;
mod route;
mod zone;

pub use certificate::{Certificate, CertificateHandle};
pub use load_balancer::{ApplicationLoadBalancer, ApplicationLoadBalancerHandle, TlsPolicy};
pub use load_balancer_ref::ApplicationLoadBalancerRef;
pub use record::{AliasRecord, AliasTarget, AliasTargetArgs, DnsRecord};
pub use route::Route;
pub use zone::{HostedZone, HostedZoneHandle, HostedZoneRef, PrivateHostedZoneRef, RecordZone};
