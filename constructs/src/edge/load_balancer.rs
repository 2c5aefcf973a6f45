//! Application load balancers.

use groundplan_core::{
    Code, Construct, Diagnostic, Handle, Input, List, Output, Provides, Scope, main_resource, template,
};
use groundplan_resources::certificatemanager::CertificateArn;
use groundplan_resources::elasticloadbalancingv2::listener::{Action, FixedResponseConfig, RedirectConfig};
use groundplan_resources::elasticloadbalancingv2::load_balancer::{IpAddressType, Scheme};
use groundplan_resources::elasticloadbalancingv2::{
    Listener, ListenerArgs, ListenerArn, ListenerCertificate, ListenerCertificateArgs, LoadBalancer, listener,
    listener_certificate, load_balancer,
};
use groundplan_resources::{Tag, ec2};

use super::load_balancer_ref::ApplicationLoadBalancerRef;
use super::route::Routes;
use crate::data::BucketRef;
use crate::identity::{Principal, Statement};
use crate::network::{Peer, Port, SecurityGroup, SecurityGroupHandle, SecurityGroupRef, Visibility, VpcRef};
use crate::passed_as::PassedAs;

/// The service principal that writes access logs.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
const LOG_DELIVERY: &str = "logdelivery.elasticloadbalancing.amazonaws.com";

/// The TLS versions that clients may use.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsPolicy {
    /// TLS 1.3 only.
    Tls13,
    /// TLS 1.3 and 1.2, with forward secrecy and authenticated encryption.
    Tls12,
    /// Any other policy, by the name that AWS gives it.
    Named(&'static str),
}

impl TlsPolicy {
    fn name(self) -> &'static str {
        match self {
            Self::Tls13 => "ELBSecurityPolicy-TLS13-1-3-2021-06",
            Self::Tls12 => "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            Self::Named(name) => name,
        }
    }
}

/// The origin of the clients.
enum Exposure {
    Internet,
    /// The VPC.
    Internal,
}

/// A load balancer for HTTPS in the public subnets of a VPC. It has IPv6 addresses if the VPC is dual
/// stack, redirects HTTP to HTTPS, drops invalid HTTP headers, and responds with 404 to requests that
/// match no rule.
///
/// ```
/// use groundplan_constructs::edge::{AliasRecord, ApplicationLoadBalancer, Certificate, HostedZone};
/// use groundplan_constructs::network::Vpc;
/// use groundplan_core::{App, Environment, cidr};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("us-east-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).dual_stack());
/// let zone = stack.add("zone", HostedZone::new("example.com"));
/// let certificate = stack.add("certificate", Certificate::new(&zone, "shop.example.com"));
/// let balancer = stack.add("balancer", ApplicationLoadBalancer::new(&vpc, &certificate));
/// stack.add("name", AliasRecord::new(&zone, "shop.example.com", &balancer));
/// ```
pub struct ApplicationLoadBalancer {
    vpc: VpcRef,
    certificates: Vec<Input<CertificateArn>>,
    exposure: Exposure,
    clients: Option<Vec<Peer>>,
    tls: TlsPolicy,
    idle_timeout_seconds: u16,
    deletion_protection: bool,
    access_logs: Option<(BucketRef, String)>,
}

impl ApplicationLoadBalancer {
    /// Creates a load balancer that is reachable from the whole internet, with this certificate, which
    /// must belong to the same region. Deletion protection is on. The VPC has public subnets in at least two
    /// availability zones; a reference to an existing VPC [states](VpcRef::public_subnets) them.
    pub fn new(vpc: impl PassedAs<VpcRef>, certificate: impl Provides<CertificateArn>) -> Self {
        Self {
            vpc: vpc.pass(),
            certificates: vec![certificate.provide()],
            exposure: Exposure::Internet,
            clients: None,
            tls: TlsPolicy::Tls12,
            idle_timeout_seconds: 60,
            deletion_protection: true,
            access_logs: None,
        }
    }

    /// Refers to an existing load balancer by the ARN of the listener that services add their rules to, and by its
    /// security group. Both can be known ids or exports of another app.
    ///
    /// ```
    /// use groundplan_constructs::edge::ApplicationLoadBalancer;
    /// use groundplan_constructs::network::SecurityGroup;
    /// use groundplan_core::Export;
    /// use groundplan_resources::ec2::SecurityGroupId;
    /// use groundplan_resources::elasticloadbalancingv2::ListenerArn;
    /// const LISTENER: Export<ListenerArn> = Export::new("network", "listener");
    /// const GROUP: Export<SecurityGroupId> = Export::new("network", "balancer-group");
    /// let shared = ApplicationLoadBalancer::existing(LISTENER, SecurityGroup::existing(GROUP));
    /// ```
    pub fn existing(
        listener: impl Provides<ListenerArn>,
        security_group: impl PassedAs<SecurityGroupRef>,
    ) -> ApplicationLoadBalancerRef {
        ApplicationLoadBalancerRef::new(listener.provide(), security_group.pass(), None, Routes::default())
    }

    /// Adds a certificate. A client receives the certificate for the name that it requests, or the first
    /// certificate if none matches.
    #[must_use]
    pub fn certificate(mut self, certificate: impl Provides<CertificateArn>) -> Self {
        self.certificates.push(certificate.provide());
        self
    }

    /// Places the load balancer in the private subnets. By default, it then admits only clients in the VPC. For an
    /// existing VPC, this needs its [block](VpcRef::block). Of a VPC that is looked up, it admits the first IPv4 block;
    /// name all clients of a VPC with several blocks with [`clients`](Self::clients).
    #[must_use]
    pub fn internal(mut self) -> Self {
        self.exposure = Exposure::Internal;
        self
    }

    /// Admits only these clients, such as the prefix list of CloudFront.
    #[must_use]
    pub fn clients<P: PassedAs<Peer>>(mut self, clients: impl IntoIterator<Item = P>) -> Self {
        self.clients = Some(clients.into_iter().map(PassedAs::pass).collect());
        self
    }

    /// Sets the TLS versions that clients may use. Default: 1.2 and 1.3.
    #[must_use]
    pub fn tls(mut self, policy: TlsPolicy) -> Self {
        self.tls = policy;
        self
    }

    /// Sets how long a connection can stay idle, in seconds from 1 to 4000. Default: 60.
    #[must_use]
    pub fn idle_timeout_seconds(mut self, seconds: u16) -> Self {
        self.idle_timeout_seconds = seconds;
        self
    }

    /// Lets a plan delete the load balancer. By default, Groundplan refuses such a plan, and AWS refuses the deletion.
    #[must_use]
    pub fn without_deletion_protection(mut self) -> Self {
        self.deletion_protection = false;
        self
    }

    /// Writes an access log line for every request to `bucket`, under `prefix`. An empty prefix means the
    /// top of the bucket. The bucket must be in the region of the load balancer and encrypted with the key
    /// of S3. The policy of a bucket of the program then admits the service that delivers the logs; the policy of an
    /// existing bucket has to admit it.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
    #[must_use]
    pub fn access_logs(mut self, bucket: impl PassedAs<BucketRef>, prefix: impl Into<String>) -> Self {
        self.access_logs = Some((bucket.pass(), prefix.into()));
        self
    }
}

/// The handle of an [`ApplicationLoadBalancer`].
#[derive(Clone)]
pub struct ApplicationLoadBalancerHandle {
    /// The load balancer.
    pub balancer: Handle<LoadBalancer>,
    /// The listener on port 443. Services add their rules to it.
    pub https: Handle<Listener>,
    /// The listener on port 80, which redirects to HTTPS.
    pub http: Handle<Listener>,
    /// The security group of the load balancer. Targets must admit traffic from it.
    pub security_group: SecurityGroupHandle,
    /// True if the load balancer has IPv6 addresses.
    pub dual_stack: bool,
    routes: Routes,
}

main_resource!(ApplicationLoadBalancerHandle, balancer: LoadBalancer);

impl PassedAs<ApplicationLoadBalancerRef> for &ApplicationLoadBalancerHandle {
    fn pass(self) -> ApplicationLoadBalancerRef {
        let full_name = self.balancer.load_balancer_full_name();
        let group = (&self.security_group).pass();
        ApplicationLoadBalancerRef::new(self.listener_arn().into(), group, Some(full_name.into()), self.routes.clone())
    }
}

impl ApplicationLoadBalancerHandle {
    /// Returns the DNS name of the load balancer, the target of an [`AliasRecord`](super::AliasRecord).
    pub fn dns_name(&self) -> Output<String> {
        self.balancer.dns_name()
    }

    /// Returns the id of the AWS hosted zone that contains the DNS name.
    pub fn zone_id(&self) -> Output<String> {
        self.balancer.canonical_hosted_zone_id()
    }

    /// Returns the ARN of the listener on port 443.
    pub fn listener_arn(&self) -> Output<ListenerArn> {
        self.https.listener_arn()
    }
}

impl Construct for ApplicationLoadBalancer {
    type Handle = ApplicationLoadBalancerHandle;

    fn build(self, scope: &Scope) -> ApplicationLoadBalancerHandle {
        self.check(scope);
        let security_group = self.add_security_group(scope);
        let balancer = self.add_balancer(scope, &security_group);

        let to_https = RedirectConfig::new(listener::StatusCode::HTTP_301).protocol("HTTPS").port("443");
        let http = Listener::new(ListenerArgs {
            default_actions: [Action::new(listener::Type::REDIRECT).redirect_config(to_https)],
            load_balancer_arn: &balancer,
        });
        let http = scope.add("http", http.port(80).protocol(listener::Protocol::HTTP));

        let nobody = FixedResponseConfig::new("404").content_type("text/plain").message_body("Not found");
        let default = |arn: &Input<CertificateArn>| listener::Certificate::new().certificate_arn(arn.clone());
        let https = Listener::new(ListenerArgs {
            default_actions: [Action::new(listener::Type::FIXED_RESPONSE).fixed_response_config(nobody)],
            load_balancer_arn: &balancer,
        })
        .port(443)
        .protocol(listener::Protocol::HTTPS)
        .ssl_policy(self.tls.name())
        .certificates([default(&self.certificates[0])]);
        let https = scope.add("https", https);
        for (number, arn) in self.certificates.iter().enumerate().skip(1) {
            let certificate = listener_certificate::Certificate::new().certificate_arn(arn.clone());
            let more = ListenerCertificate::new(ListenerCertificateArgs {
                certificates: [certificate],
                listener_arn: https.listener_arn(),
            });
            scope.add(&format!("https-certificate-{}", number + 1), more);
        }
        ApplicationLoadBalancerHandle {
            balancer,
            https,
            http,
            security_group,
            dual_stack: self.vpc.has_ipv6(),
            routes: Routes::default(),
        }
    }
}

impl ApplicationLoadBalancer {
    fn check(&self, scope: &Scope) {
        if !(1..=4000).contains(&self.idle_timeout_seconds) {
            let error = Diagnostic::error(Code::IdleTimeout, "a load balancer cannot have this idle timeout");
            scope.report(error.got(self.idle_timeout_seconds).allowed("1 to 4000 seconds"));
        }
        let region = scope.region();
        let foreign = self
            .certificates
            .iter()
            .filter_map(Input::known)
            .find(|arn| arn.as_str().split(':').nth(3).is_some_and(|other| other != region));
        if let Some(arn) = foreign {
            scope.report(
                Diagnostic::error(
                    Code::ForeignCertificate,
                    "the certificate belongs to another region than the load balancer",
                )
                .got(arn.as_str())
                .allowed(&region)
                .help(format!("request a certificate in {region} as well; the same records validate it")),
            );
        }
        self.check_access_logs(scope);
    }

    fn check_access_logs(&self, scope: &Scope) {
        let Some((bucket, prefix)) = &self.access_logs else { return };
        let region = scope.region();
        let refuse = |got: &str, allowed: &str| {
            let message = "a load balancer cannot write its access logs there";
            scope.report(Diagnostic::error(Code::LogBucket, message).got(got).allowed(allowed));
        };
        if bucket.key().is_some() {
            refuse("a bucket with a KMS key", "a bucket that is encrypted with the key of S3");
        }
        if let Some(other) = bucket.own().map(|own| own.region()).filter(|other| *other != region) {
            refuse(&format!("a bucket in {other}"), &format!("a bucket in {region}, the region of the load balancer"));
        }
        if prefix.starts_with('/') || prefix.ends_with('/') || prefix.contains("AWSLogs") {
            refuse(
                &format!("the prefix {prefix:?}"),
                "a prefix without `/` at its start and end and without `AWSLogs`",
            );
        }
    }

    fn is_external(&self) -> bool {
        matches!(self.exposure, Exposure::Internet)
    }

    fn subnets(&self, scope: &Scope) -> Input<List<ec2::SubnetId>> {
        let visibility = if self.is_external() { Visibility::Public } else { Visibility::Private };
        self.vpc.subnet_per_zone(scope, visibility, "a load balancer")
    }

    fn add_security_group(&self, scope: &Scope) -> SecurityGroupHandle {
        let group = scope.add("security-group", SecurityGroup::new(&self.vpc, "Load balancer"));
        for client in self.clients.clone().unwrap_or_else(|| self.default_clients(scope)) {
            group.allow_from(client.clone(), Port::HTTP).allow_from(client, Port::HTTPS);
        }
        group
    }

    /// Returns the clients that can reach the load balancer: the internet, or the VPC.
    fn default_clients(&self, scope: &Scope) -> Vec<Peer> {
        let ipv6 = self.vpc.has_ipv6();
        if self.is_external() {
            let ipv6 = ipv6.then(Peer::anywhere_ipv6);
            return [Some(Peer::anywhere_ipv4()), ipv6].into_iter().flatten().collect();
        }
        Peer::of_vpc(&self.vpc).unwrap_or_else(|| {
            let message = "the clients of an internal load balancer in an existing VPC are not known";
            let help = if ipv6 {
                "state the clients with `.clients([…])`"
            } else {
                "state the address block with `.block(…)` at the reference to the VPC, or the clients with `.clients([…])`"
            };
            scope.report(Diagnostic::error(Code::UnknownClients, message).help(help));
            Vec::new()
        })
    }

    fn add_balancer(&self, scope: &Scope, group: &SecurityGroupHandle) -> Handle<LoadBalancer> {
        let name = format!("{}-{}", scope.app_name(), scope.path().name());
        let balancer = LoadBalancer::new()
            .type_(load_balancer::Type::APPLICATION)
            .scheme(if self.is_external() { Scheme::INTERNET_FACING } else { Scheme::INTERNAL })
            .ip_address_type(if self.vpc.has_ipv6() { IpAddressType::DUALSTACK } else { IpAddressType::IPV4 })
            .subnets(self.subnets(scope))
            .security_groups([group.id()])
            .load_balancer_attributes(self.attributes(scope))
            .tags([Tag::new("Name", name)]);
        let balancer = scope.resource(balancer);
        // AWS refuses an internet-facing load balancer in a VPC without an internet gateway, and access logs
        // to a bucket that it cannot write to. The schema has no reference for either dependency.
        if let Some(internet) = self.vpc.internet_gateway_attachment().filter(|_| self.is_external()) {
            balancer.after(internet);
        }
        if let Some(bucket) = self.access_logs.as_ref().and_then(|(bucket, _)| bucket.own()) {
            balancer.after(&bucket.policy);
        }
        if self.deletion_protection {
            balancer.protect();
        }
        balancer
    }

    fn attributes(&self, scope: &Scope) -> Vec<load_balancer::LoadBalancerAttribute> {
        let attribute = |key: &str, value: String| load_balancer::LoadBalancerAttribute::new().key(key).value(value);
        let mut attributes = vec![
            attribute("deletion_protection.enabled", self.deletion_protection.to_string()),
            attribute("idle_timeout.timeout_seconds", self.idle_timeout_seconds.to_string()),
            attribute("routing.http.drop_invalid_header_fields.enabled", true.to_string()),
        ];
        if let Some((bucket, prefix)) = &self.access_logs {
            if let Some(own) = bucket.own() {
                let folder = if prefix.is_empty() { "AWSLogs".to_owned() } else { format!("{prefix}/AWSLogs") };
                let logs = template!("{}/{}/{}/*", own.arn(), folder, scope.account_id());
                own.allow(Statement::allow(["s3:PutObject"]).by(Principal::service(LOG_DELIVERY)).on([logs]));
            }
            let name = load_balancer::LoadBalancerAttribute::new().key("access_logs.s3.bucket").value(bucket.name());
            attributes.extend([attribute("access_logs.s3.enabled", true.to_string()), name]);
            if !prefix.is_empty() {
                attributes.push(attribute("access_logs.s3.prefix", prefix.clone()));
            }
        }
        attributes
    }
}

#[cfg(test)]
#[path = "load_balancer_tests.rs"]
mod tests;
