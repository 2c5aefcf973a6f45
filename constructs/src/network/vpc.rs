//! A VPC with its subnets, routes, gateways and endpoints.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_core::{Code, Construct, Diagnostic, Handle, Input, Ipv4Net, Output, Provides, Scope, main_resource};
use groundplan_resources::ec2::vpc_endpoint::VpcEndpointType;
use groundplan_resources::{Tag, ec2};

use super::layout::{PlannedSubnet, SubnetLayout, Visibility};
use super::security_group::{Port, SecurityGroup, SecurityGroupHandle};
use super::vpc_ref::{Subnets, VpcRef};
use super::zones;
use crate::passed_as::PassedAs;

/// The prefix lengths of VPCs that AWS accepts.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
const VPC_PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;

/// The access of private subnets to the internet over IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NatGateways {
    /// No access.
    None,
    /// Access through one gateway in the first zone. It costs less, but if that zone fails, all zones lose access.
    Single,
    /// Access through one gateway per zone.
    PerAz,
}

/// A VPC endpoint for an AWS service, which bypasses the NAT gateways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// S3, through a gateway endpoint, which is free.
    S3,
    /// DynamoDB, through a gateway endpoint, which is free.
    DynamoDb,
    /// The registry API of ECR, through an interface in each private subnet.
    EcrApi,
    /// The Docker registry of ECR, through an interface in each private subnet. Image layers come
    /// from S3, so [`Endpoint::S3`] is needed too.
    EcrDocker,
    /// CloudWatch Logs, through an interface in each private subnet.
    Logs,
    /// Secrets Manager, through an interface in each private subnet.
    SecretsManager,
}

impl Endpoint {
    /// Returns the last part of the service name, such as `ecr.api` in `com.amazonaws.REGION.ecr.api`.
    fn service(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::DynamoDb => "dynamodb",
            Self::EcrApi => "ecr.api",
            Self::EcrDocker => "ecr.dkr",
            Self::Logs => "logs",
            Self::SecretsManager => "secretsmanager",
        }
    }

    fn is_gateway(self) -> bool {
        matches!(self, Self::S3 | Self::DynamoDb)
    }
}

/// A virtual private cloud with subnets in each zone: public subnets behind an internet gateway, and private
/// subnets behind NAT gateways.
///
/// ```
/// use groundplan_constructs::network::{NatGateways, Vpc};
/// use groundplan_core::{App, Environment, cidr};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let vpc = stack.add("vpc", Vpc::new(cidr!("10.0.0.0/16")).nat(NatGateways::PerAz).dual_stack());
/// assert_eq!(vpc.private_subnets().len(), 3);
/// ```
pub struct Vpc {
    block: Ipv4Net,
    zones: Option<Vec<String>>,
    layout: SubnetLayout,
    nat: NatGateways,
    dual_stack: bool,
    endpoints: Vec<Endpoint>,
    kubernetes: Option<Vec<String>>,
}

impl Vpc {
    /// Creates a VPC with this IPv4 block, in the first three zones of its region, with one NAT gateway per
    /// zone.
    pub fn new(block: Ipv4Net) -> Self {
        Self {
            block,
            zones: None,
            layout: SubnetLayout::default(),
            nat: NatGateways::PerAz,
            dual_stack: false,
            endpoints: Vec::new(),
            kubernetes: None,
        }
    }

    /// Refers to an existing VPC by its id, which can be a known id or an export of another app. The VPC is treated
    /// as having no IPv6 unless [`VpcRef::dual_stack`] is called.
    ///
    /// ```
    /// use groundplan_constructs::network::{Port, SecurityGroup, Vpc};
    /// use groundplan_core::{App, Environment, cidr};
    /// use groundplan_resources::ec2::VpcId;
    ///
    /// let app = App::new("tools");
    /// let stack = app.stack("tools", Environment::new("eu-central-1"));
    /// let shared = Vpc::existing(VpcId::new("vpc-0123456789abcdef0"));
    /// let group = stack.add("bastion", SecurityGroup::new(&shared, "Bastion"));
    /// group.allow_from(cidr!("10.0.0.0/8"), Port::SSH);
    /// # app.synth().expect("it is valid");
    /// ```
    pub fn existing(id: impl Provides<ec2::VpcId>) -> VpcRef {
        VpcRef::existing(id.provide())
    }

    /// Sets the availability zones, such as `us-east-1a`. Default: the first three zones of the region.
    #[must_use]
    pub fn zones<Z: Into<String>>(mut self, zones: impl IntoIterator<Item = Z>) -> Self {
        self.zones = Some(zones.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the subnets. Default: [`SubnetLayout::default`].
    #[must_use]
    pub fn subnets(mut self, layout: SubnetLayout) -> Self {
        self.layout = layout;
        self
    }

    /// Sets how private subnets reach the internet over IPv4. NAT gateways are in public subnets; without public
    /// subnets there are none. Default: [`NatGateways::PerAz`].
    #[must_use]
    pub fn nat(mut self, nat: NatGateways) -> Self {
        self.nat = nat;
        self
    }

    /// Turns IPv6 on. Every subnet has addresses from an IPv6 block that AWS assigns to the VPC. Private subnets
    /// reach the internet over IPv6 through an egress-only gateway.
    #[must_use]
    pub fn dual_stack(mut self) -> Self {
        self.dual_stack = true;
        self
    }

    /// Adds VPC endpoints for these services.
    #[must_use]
    pub fn endpoints(mut self, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        self.endpoints.extend(endpoints);
        self
    }

    /// Tags the subnets so that load balancer controllers of Kubernetes find them. The role tag applies to any
    /// cluster, and each of `clusters` has a tag that marks the subnet as shared.
    /// <https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html>
    #[must_use]
    pub fn kubernetes(mut self, clusters: &[&str]) -> Self {
        self.kubernetes = Some(clusters.iter().map(ToString::to_string).collect());
        self
    }

    /// Returns the zones of the VPC, or reports why there are none.
    fn zones_in(&self, scope: &Scope) -> Option<Vec<String>> {
        let region = scope.region();
        let foreign = |zone: &&String| !zones::is_in(zone, &region);
        if let Some(zone) = self.zones.iter().flatten().find(foreign) {
            let error = Diagnostic::error(Code::ForeignZone, "a VPC cannot use an availability zone of another region");
            scope.report(error.got(zone).allowed(format!("zones of {region}, as in {region}a")));
            return None;
        }
        if let Some(zones) = &self.zones {
            return Some(zones.clone());
        }
        match zones::default_zones(&region) {
            Ok(zones) => Some(zones.into()),
            Err(why) => {
                let error =
                    Diagnostic::error(Code::UnknownZones, "the default availability zones of the region are not known");
                scope.report(error.got(format!("{region}: {why}")).help(format!(
                    "name them with `.zones([…])`; `aws ec2 describe-availability-zones --region {region}` lists them"
                )));
                None
            }
        }
    }

    /// Returns the subnets, or reports why they do not fit.
    fn plan(&self, scope: &Scope, zones: &[String]) -> Vec<PlannedSubnet> {
        if !VPC_PREFIXES.contains(&self.block.prefix_len()) {
            let error = Diagnostic::error(Code::VpcSize, "a VPC cannot have a block of this size");
            scope.report(error.got(self.block).allowed("/16 to /28"));
            return Vec::new();
        }
        self.layout.place(self.block, zones).unwrap_or_else(|error| {
            scope.report(
                Diagnostic::error(Code::SubnetsTooLarge, "the subnets do not fit into the VPC")
                    .got(error)
                    .help("choose other blocks or sizes, or a larger block for the VPC"),
            );
            Vec::new()
        })
    }

    fn subnet_tags(&self, scope: &Scope, subnet: &PlannedSubnet) -> Vec<Tag> {
        let mut tags = vec![name_tag(scope, &subnet.name)];
        if let Some(clusters) = &self.kubernetes {
            let role = match subnet.visibility {
                Visibility::Public => "kubernetes.io/role/elb",
                Visibility::Private => "kubernetes.io/role/internal-elb",
            };
            tags.push(Tag::new(role, "1"));
            tags.extend(clusters.iter().map(|name| Tag::new(format!("kubernetes.io/cluster/{name}"), "shared")));
        }
        tags
    }
}

/// The handle of a [`Vpc`].
#[derive(Clone)]
pub struct VpcHandle {
    /// The VPC.
    pub vpc: Handle<ec2::Vpc>,
    /// The IPv4 block.
    pub block: Ipv4Net,
    /// True if the VPC also has IPv6.
    pub dual_stack: bool,
    ipv6_block: Option<Output<String>>,
    subnets: Vec<(PlannedSubnet, Handle<ec2::Subnet>)>,
    /// The security group of the interface endpoints, if the VPC has any.
    pub endpoint_security_group: Option<SecurityGroupHandle>,
    /// The attachment of the internet gateway, if the VPC has public subnets.
    pub internet_gateway_attachment: Option<Handle<ec2::VpcGatewayAttachment>>,
}

impl VpcHandle {
    /// Returns the id of the VPC.
    pub fn id(&self) -> Output<ec2::VpcId> {
        self.vpc.vpc_id()
    }

    /// Returns the public subnets, in the order of the zones.
    pub fn public_subnets(&self) -> Vec<Output<ec2::SubnetId>> {
        self.subnets_of(Visibility::Public)
    }

    /// Returns the private subnets, in the order of the zones.
    pub fn private_subnets(&self) -> Vec<Output<ec2::SubnetId>> {
        self.subnets_of(Visibility::Private)
    }

    /// Returns the first subnet with this visibility in each zone, in the order of the zones. A load balancer
    /// accepts at most one subnet per zone.
    pub fn subnet_per_zone(&self, visibility: Visibility) -> Vec<Output<ec2::SubnetId>> {
        let mut zones = BTreeSet::new();
        let wanted = self.subnets.iter().filter(|(planned, _)| planned.visibility == visibility);
        wanted.filter(|(planned, _)| zones.insert(&planned.zone)).map(|(_, subnet)| subnet.subnet_id()).collect()
    }

    fn subnets_of(&self, visibility: Visibility) -> Vec<Output<ec2::SubnetId>> {
        let wanted = self.subnets.iter().filter(|(planned, _)| planned.visibility == visibility);
        wanted.map(|(_, subnet)| subnet.subnet_id()).collect()
    }
}

impl PassedAs<VpcRef> for &VpcHandle {
    fn pass(self) -> VpcRef {
        let subnets = |visibility: Visibility| Subnets {
            all: self.subnets_of(visibility).provide(),
            per_zone: self.subnet_per_zone(visibility).provide(),
        };
        VpcRef {
            id: (&self.vpc).provide(),
            dual_stack: self.dual_stack,
            ipv4_block: Some(Input::Known(self.block)),
            ipv6_block: self.ipv6_block.as_ref().map(Provides::provide),
            public: Some(subnets(Visibility::Public)),
            private: Some(subnets(Visibility::Private)),
            internet_gateway_attachment: self.internet_gateway_attachment.clone(),
        }
    }
}

main_resource!(VpcHandle, vpc: ec2::Vpc);

impl Construct for Vpc {
    type Handle = VpcHandle;

    fn build(self, scope: &Scope) -> VpcHandle {
        let planned = self.zones_in(scope).map(|zones| self.plan(scope, &zones)).unwrap_or_default();

        let vpc = scope.resource(
            ec2::Vpc::new()
                .cidr_block(self.block)
                .enable_dns_hostnames(true)
                .enable_dns_support(true)
                .tags([name_tag(scope, scope.path().name())]),
        );
        let ipv6 = self
            .dual_stack
            .then(|| scope.add("ipv6", ec2::VpcCidrBlock::new(&vpc).amazon_provided_ipv6_cidr_block(true)));
        let subnets: Vec<_> = planned
            .into_iter()
            .map(|planned| {
                let subnet = self.add_subnet(scope, &vpc, ipv6.as_ref(), &planned);
                (planned, subnet)
            })
            .collect();
        let mut handle = VpcHandle {
            vpc,
            block: self.block,
            dual_stack: self.dual_stack,
            ipv6_block: ipv6.map(|ipv6| ipv6.output("Ipv6CidrBlock")),
            subnets,
            endpoint_security_group: None,
            internet_gateway_attachment: None,
        };

        let routes = Routes { scope, handle: &handle };
        let mut tables = Vec::new();
        let mut gateways = BTreeMap::new();
        let mut attachment = None;
        if !handle.public_subnets().is_empty() {
            let (table, internet) = routes.public();
            tables.push(table);
            gateways = self.add_nat_gateways(scope, &handle, &internet);
            attachment = Some(internet);
        }
        tables.extend(routes.private(&gateways));
        handle.internet_gateway_attachment = attachment;
        handle.endpoint_security_group = self.add_endpoints(scope, &handle, &tables);
        handle
    }
}

/// Returns the tag that the AWS console shows as the name, such as `checkout-prod-private-a`.
fn name_tag(scope: &Scope, name: &str) -> Tag {
    Tag::new("Name", format!("{}-{name}", scope.app_name()))
}

impl Vpc {
    fn add_subnet(
        &self,
        scope: &Scope,
        vpc: &Handle<ec2::Vpc>,
        ipv6: Option<&Handle<ec2::VpcCidrBlock>>,
        planned: &PlannedSubnet,
    ) -> Handle<ec2::Subnet> {
        let mut subnet = ec2::Subnet::new(vpc)
            .availability_zone(planned.zone.as_str())
            .cidr_block(planned.block)
            .map_public_ip_on_launch(planned.visibility == Visibility::Public)
            .tags(self.subnet_tags(scope, planned));
        if let Some(ipv6) = ipv6 {
            let block = Input::subnet_of(ipv6.output::<String>("Ipv6CidrBlock"), 64, planned.ipv6_index);
            subnet = subnet.ipv6_cidr_block(block).assign_ipv6_address_on_creation(true);
        }
        scope.add(&planned.name, subnet)
    }

    /// Adds the NAT gateways and returns them by zone. A public address works only after the internet gateway is
    /// attached to the VPC, and the schema of AWS has no reference for that dependency.
    fn add_nat_gateways(
        &self,
        scope: &Scope,
        handle: &VpcHandle,
        internet: &Handle<ec2::VpcGatewayAttachment>,
    ) -> BTreeMap<String, Handle<ec2::NatGateway>> {
        // If a zone has subnets of two public tiers, the first contains the gateway.
        let mut zones = BTreeSet::new();
        let public = handle
            .subnets
            .iter()
            .filter(|(planned, _)| planned.visibility == Visibility::Public && zones.insert(planned.zone.as_str()));
        let wanted = match self.nat {
            NatGateways::None => 0,
            NatGateways::Single => 1,
            NatGateways::PerAz => usize::MAX,
        };
        let gateways = public.take(wanted).map(|(planned, subnet)| {
            let suffix = planned.name.trim_start_matches("public-");
            let name = format!("nat-{suffix}");
            let tags = || [name_tag(scope, &name)];
            let address = scope.add(&format!("{name}-ip"), ec2::Eip::new().domain("vpc").tags(tags()));
            address.after(internet);
            let gateway = ec2::NatGateway::new().subnet_id(subnet).allocation_id(&address).tags(tags());
            let gateway = scope.add(&name, gateway);
            gateway.after(internet);
            (planned.zone.clone(), gateway)
        });
        gateways.collect()
    }

    fn add_endpoints(
        &self,
        scope: &Scope,
        handle: &VpcHandle,
        tables: &[Handle<ec2::RouteTable>],
    ) -> Option<SecurityGroupHandle> {
        let region = scope.region();
        let interfaces = self.endpoints.iter().any(|endpoint| !endpoint.is_gateway());
        let group = interfaces.then(|| {
            let group = SecurityGroup::new(handle, "Interface endpoints").no_outbound();
            let group = scope.add("endpoints", group);
            group.allow_from(self.block, Port::HTTPS);
            group
        });
        for endpoint in &self.endpoints {
            let service = format!("com.amazonaws.{region}.{}", endpoint.service());
            let resource = ec2::VpcEndpoint::new(&handle.vpc).service_name(service);
            let resource = match &group {
                Some(group) if !endpoint.is_gateway() => resource
                    .vpc_endpoint_type(VpcEndpointType::INTERFACE)
                    .private_dns_enabled(true)
                    // An endpoint accepts one subnet of each zone.
                    .subnet_ids(handle.subnet_per_zone(Visibility::Private))
                    .security_group_ids([group.id()]),
                _ => resource.vpc_endpoint_type(VpcEndpointType::GATEWAY).route_table_ids(tables),
            };
            scope.add(&format!("endpoint-{}", endpoint.service()), resource);
        }
        group
    }
}

/// Adds the route tables of a VPC after its subnets.
struct Routes<'a> {
    scope: &'a Scope,
    handle: &'a VpcHandle,
}

impl Routes<'_> {
    fn table(&self, name: &str) -> Handle<ec2::RouteTable> {
        let table = ec2::RouteTable::new(&self.handle.vpc).tags([name_tag(self.scope, name)]);
        self.scope.add(name, table)
    }

    fn associate(&self, planned: &PlannedSubnet, subnet: &Handle<ec2::Subnet>, table: &Handle<ec2::RouteTable>) {
        let association = ec2::SubnetRouteTableAssociation::new(ec2::SubnetRouteTableAssociationArgs {
            route_table_id: table,
            subnet_id: subnet,
        });
        self.scope.add(&format!("{}-association", planned.name), association);
    }

    /// Adds one table for all public subnets, with a route to the internet gateway, and returns it with the
    /// attachment of the gateway.
    fn public(&self) -> (Handle<ec2::RouteTable>, Handle<ec2::VpcGatewayAttachment>) {
        let gateway = self
            .scope
            .add("internet-gateway", ec2::InternetGateway::new().tags([name_tag(self.scope, "internet-gateway")]));
        let attachment = ec2::VpcGatewayAttachment::new(&self.handle.vpc).internet_gateway_id(&gateway);
        let attachment = self.scope.add("internet-gateway-attachment", attachment);
        let table = self.table("public-routes");
        let route = ec2::Route::new(&table).destination_cidr_block("0.0.0.0/0").gateway_id(&gateway);
        self.scope.add("public-routes-internet", route).after(&attachment);
        if self.handle.dual_stack {
            let route = ec2::Route::new(&table).destination_ipv6_cidr_block("::/0").gateway_id(&gateway);
            self.scope.add("public-routes-internet-ipv6", route).after(&attachment);
        }
        for (planned, subnet) in &self.handle.subnets {
            if planned.visibility == Visibility::Public {
                self.associate(planned, subnet, &table);
            }
        }
        (table, attachment)
    }

    /// Adds one table per zone for the private subnets, with a route to the NAT gateway of the zone, or to the
    /// only NAT gateway.
    fn private(&self, gateways: &BTreeMap<String, Handle<ec2::NatGateway>>) -> Vec<Handle<ec2::RouteTable>> {
        let egress_only = self.handle.dual_stack.then(|| {
            let gateway = ec2::EgressOnlyInternetGateway::new(&self.handle.vpc);
            self.scope.add("egress-only-gateway", gateway)
        });
        let mut tables = BTreeMap::new();
        for (planned, subnet) in &self.handle.subnets {
            if planned.visibility == Visibility::Public {
                continue;
            }
            let table = tables.entry(&planned.zone).or_insert_with(|| {
                let suffix = planned.name.rsplit('-').next().unwrap_or_default();
                let name = format!("private-routes-{suffix}");
                let table = self.table(&name);
                if let Some(gateway) = gateways.get(&planned.zone).or_else(|| gateways.values().next()) {
                    let route = ec2::Route::new(&table).destination_cidr_block("0.0.0.0/0").nat_gateway_id(gateway);
                    self.scope.add(&format!("{name}-internet"), route);
                }
                if let Some(gateway) = &egress_only {
                    let route = ec2::Route::new(&table).destination_ipv6_cidr_block("::/0");
                    let route = route.egress_only_internet_gateway_id(gateway);
                    self.scope.add(&format!("{name}-internet-ipv6"), route);
                }
                table
            });
            self.associate(planned, subnet, table);
        }
        tables.into_values().collect()
    }
}

#[cfg(test)]
#[path = "vpc_tests.rs"]
mod tests;
